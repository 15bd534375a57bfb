//! What is to be run, as a value.

use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// The account of the system a child runs as, when it is not ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Its name.
    pub name: String,
    /// Its user id.
    pub uid: u32,
    /// Its group id.
    pub gid: u32,
}

/// One call of a program. Made by pure functions, compared by tests, carried out by [`super::run`].
#[derive(Clone, PartialEq, Eq)]
pub struct Invocation {
    /// The program.
    pub program: PathBuf,
    /// Its arguments. Everybody on the machine can read them: no secrets.
    pub arguments: Vec<OsString>,
    /// Secret variables, such as `PGPASSWORD`. Debug shows their names only.
    pub environment: Vec<(String, String)>,
    /// Variables that are no secret.
    pub settings: Vec<(String, String)>,
    /// What it reads from its standard input; nothing otherwise.
    pub input: Option<Vec<u8>>,
    /// Where it runs; our own folder otherwise.
    pub directory: Option<PathBuf>,
    /// As whom it runs.
    pub as_user: Option<Account>,
}

impl Invocation {
    /// A call of a program without arguments.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            settings: Vec::new(),
            input: None,
            directory: None,
            as_user: None,
        }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn arg(mut self, argument: impl Into<OsString>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// The same with more arguments.
    #[must_use]
    pub fn args<A: Into<OsString>>(mut self, arguments: impl IntoIterator<Item = A>) -> Self {
        self.arguments.extend(arguments.into_iter().map(Into::into));
        self
    }

    /// The same with secret variables.
    #[must_use]
    pub fn secrets(mut self, variables: impl IntoIterator<Item = (String, String)>) -> Self {
        self.environment.extend(variables);
        self
    }

    /// The same with a variable that is no secret.
    #[must_use]
    pub fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The same with something to read.
    #[must_use]
    pub fn input(mut self, input: impl Into<Vec<u8>>) -> Self {
        self.input = Some(input.into());
        self
    }

    /// The same in another folder.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = Some(directory.into());
        self
    }

    /// The same under another account.
    #[must_use]
    pub fn as_user(mut self, account: Option<Account>) -> Self {
        self.as_user = account;
        self
    }

    /// The name of the program, for messages.
    #[must_use]
    pub fn program_name(&self) -> String {
        self.program.file_name().unwrap_or(self.program.as_os_str()).to_string_lossy().into_owned()
    }

    /// Strikes passwords out of what the child says. The other variables, such as host and user, are what
    /// makes its messages useful.
    pub(crate) fn redact(&self, text: &str) -> String {
        let is_password =
            |name: &str| ["PASSWORD", "PASSPHRASE", "TOKEN", "KEY"].iter().any(|word| name.contains(word));
        let passwords =
            self.environment.iter().filter(|(name, _)| is_password(name)).map(|(_, value)| value.as_str());
        // `postgres`, the password of local servers, is a name that every message has, and no secret.
        passwords
            .filter(|password| !password.is_empty() && *password != crate::local::PASSWORD)
            .fold(text.to_owned(), |text, password| text.replace(password, "***"))
    }
}

impl fmt::Debug for Invocation {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.environment.iter().map(|(name, _)| name.as_str()).collect();
        formatter
            .debug_struct("Invocation")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &names)
            .field("settings", &self.settings)
            .field("input_bytes", &self.input.as_ref().map(Vec::len))
            .field("directory", &self.directory)
            .field("as_user", &self.as_user)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_neither_secrets_nor_input() {
        let invocation = Invocation::new("/usr/bin/pg_dump")
            .arg("--schema-only")
            .secrets([("PGPASSWORD".to_owned(), "hunter22".to_owned())])
            .input("create role x password 'hunter22'");

        let shown = format!("{invocation:?}");
        assert!(shown.contains("PGPASSWORD") && shown.contains("--schema-only"), "{shown}");
        assert!(!shown.contains("hunter22"), "{shown}");
    }

    #[test]
    fn secrets_are_struck_out_of_what_a_child_says() {
        let variables = [("PGPASSWORD", "hunter22"), ("PGHOST", "example.com")];
        let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let invocation = Invocation::new("psql").secrets(variables);

        assert_eq!(invocation.redact("bad url u:hunter22@example.com"), "bad url u:***@example.com");
    }
}
