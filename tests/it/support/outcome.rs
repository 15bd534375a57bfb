//! What a run of the program ended with, and what no run may ever print.

use std::fmt;
use std::sync::LazyLock;

use regex::Regex;

/// Everything a run left: what a script would see.
#[derive(Debug, Clone)]
pub(crate) struct Output {
    pub(crate) command: String,
    /// None when it was killed.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Output {
    /// Stops the test unless it ended so.
    #[track_caller]
    pub(crate) fn expect(self, code: i32) -> Self {
        assert!(self.code == Some(code), "expected exit code {code}: {self}");
        self
    }

    /// Stops the test unless stderr has this text.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.stderr.contains(text), "stderr lacks {text:?}: {self}");
        self
    }

    /// Stops the test unless stdout has this text.
    #[track_caller]
    pub(crate) fn answers(self, text: &str) -> Self {
        assert!(self.stdout.contains(text), "stdout lacks {text:?}: {self}");
        self
    }

    /// Stops the test if either has this text.
    #[track_caller]
    pub(crate) fn never_says(self, text: &str) -> Self {
        let is_said = self.stdout.contains(text) || self.stderr.contains(text);
        assert!(!is_said, "the output holds {text:?}: {self}");
        self
    }

    /// The answer as a program reads it: stdout must be one JSON document and nothing else.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("no JSON ({error}): {self}"))
    }
}

impl fmt::Display for Output {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { command, code, stdout, stderr } = self;
        write!(
            formatter,
            "\n$ {command}\nexit code: {code:?}\n--- stdout\n{stdout}\n--- stderr\n{stderr}\n---"
        )
    }
}

/// Stops the test when a run has shown a password or the hash of one. Holds for every run of every test.
#[track_caller]
pub(super) fn assert_no_secret(output: &Output, secrets: &[String]) {
    static HASH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\$2[abxy]?\$\d\d\$[./A-Za-z0-9]{20}").unwrap());
    static SCRAM: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"SCRAM-SHA-256\$\d").unwrap());
    for text in [&output.stdout, &output.stderr] {
        let shown = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(shown.is_none(), "a password was shown: {output}");
        assert!(!HASH.is_match(text) && !SCRAM.is_match(text), "the hash of a password was shown: {output}");
    }
}
