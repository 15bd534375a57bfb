//! A failure as a person and as a program reads it.

use serde_json::json;

use crate::error::{ExitStatus, Failure};
use crate::ui::snippet::snippet;
use crate::ui::{SCHEMA_VERSION, Style};

/// The one document of a run that failed.
pub(crate) fn failure_document(
    command: &str,
    environment: Option<&str>,
    failure: &Failure,
) -> serde_json::Value {
    let location = failure
        .location()
        .map(|location| json!({ "file": location.file, "line": location.line, "column": location.column }));
    let mut document = json!({
        "schema_version": SCHEMA_VERSION,
        "command": command,
        "environment": environment,
        "outcome": ExitStatus::from(failure.kind()).word(),
        "error": {
            "kind": failure.kind(),
            "message": failure.to_string(),
            "help": failure.help(),
            "location": location,
        },
    });
    if let Some(done) = failure.done() {
        document["report"] = done.json.clone();
    }
    document
}

/// The error, its place and its help.
pub(crate) fn failure_text(failure: &Failure, style: Style) -> String {
    let mut lines = vec![format!("{} {failure}", style.bad("error:"))];
    lines.extend(failure.location().map(|location| snippet(location, style)));
    lines.extend(failure.help().map(|help| format!("{} {help}", style.strong("help:"))));
    lines.join("\n")
}
