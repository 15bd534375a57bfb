use super::*;
use crate::error::{Done, Explain, Kind, Location};

/// Bytes that a test can look at while the printer holds the other end.
#[derive(Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that ends in an error.
struct Broken(io::ErrorKind);

impl Write for Broken {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(self.0.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Serialize)]
struct Report {
    applied: u32,
}

impl Render for Report {
    fn render(&self, _style: &Style) -> String {
        format!("Applied {}", self.applied)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("relation \"a\" already exists")]
struct Exists;

impl Explain for Exists {
    fn kind(&self) -> Kind {
        Kind::Partial
    }

    fn help(&self) -> Option<String> {
        Some("rename it".to_owned())
    }

    fn location(&self) -> Option<Location> {
        Some(Location::of_offset("migrations/0002_bad.sql", "create table a ()", 13))
    }
}

fn failure() -> Failure {
    Failure::from(Exists).with_done(Done { text: "Applied 1".to_owned(), json: json!({ "applied": 1 }) })
}

fn printer(options: PrinterOptions, variables: &[(&str, &str)]) -> (Printer, Buffer, Buffer) {
    let (stdout, stderr) = (Buffer::default(), Buffer::default());
    let variables = variables.iter().copied().collect();
    let printer =
        Printer::to_buffers(options, &variables, Box::new(stdout.clone()), Box::new(stderr.clone()));
    (printer, stdout, stderr)
}

const JSON: PrinterOptions =
    PrinterOptions { output: Output::Json, volume: Volume::Normal, colour: ColourChoice::Never };
const TEXT: PrinterOptions =
    PrinterOptions { output: Output::Text, volume: Volume::Normal, colour: ColourChoice::Never };

#[test]
fn a_report_as_json_is_one_document() {
    let (printer, stdout, stderr) = printer(JSON, &[("GITHUB_ACTIONS", "true")]);

    printer.report("migrate up", Some("local"), ExitStatus::Success, &Report { applied: 2 }).unwrap();
    let document: serde_json::Value = serde_json::from_str(&stdout.text()).unwrap();
    let expected = json!({
        "schema_version": 1, "command": "migrate up", "environment": "local", "outcome": "success",
        "report": { "applied": 2 },
    });
    assert_eq!(document, expected);
    assert_eq!(stderr.text(), "");
}

#[test]
fn a_failure_as_json_is_one_document_with_what_was_done() {
    let (printer, stdout, stderr) = printer(JSON, &[("GITHUB_ACTIONS", "true")]);

    printer.about("local");
    printer.failure("migrate up", &failure()).unwrap();
    let document: serde_json::Value = serde_json::from_str(&stdout.text()).unwrap();
    let expected = json!({
        "schema_version": 1, "command": "migrate up", "environment": "local", "outcome": "partial",
        "error": {
            "kind": "partial", "message": "relation \"a\" already exists", "help": "rename it",
            "location": { "file": "migrations/0002_bad.sql", "line": 1, "column": 14 },
        },
        "report": { "applied": 1 },
    });
    assert_eq!(document, expected);
    assert_eq!(stderr.text(), "");
}

#[test]
fn a_failure_as_text_shows_what_was_done_then_the_place_and_the_help() {
    let (printer, stdout, stderr) = printer(TEXT, &[]);

    printer.failure("migrate up", &failure()).unwrap();
    assert_eq!(stdout.text(), "Applied 1\n");
    let expected = "\
error: relation \"a\" already exists
 --> migrations/0002_bad.sql:1:14
  |
1 | create table a ()
  |              ^
help: rename it
";
    assert_eq!(stderr.text(), expected);
}

#[test]
fn in_github_actions_a_failure_is_an_annotation_and_a_summary() {
    let folder = tempfile::tempdir().unwrap();
    let summary = folder.path().join("summary.md");
    let variables = [("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", summary.to_str().unwrap())];
    let (printer, stdout, _) = printer(TEXT, &variables);

    printer.failure("migrate up", &failure()).unwrap();
    let annotation = "::error file=migrations/0002_bad.sql,line=1,col=14,title=crmctl migrate up\
                      ::relation \"a\" already exists\n";
    assert_eq!(stdout.text(), format!("Applied 1\n{annotation}"));
    let summary = std::fs::read_to_string(summary).unwrap();
    assert!(
        summary.starts_with("### crmctl migrate up: partial\n\n```text\nApplied 1\n\nerror: "),
        "{summary}"
    );
}

#[test]
fn quiet_keeps_warnings_and_drops_plans_and_notices() {
    let (printer, stdout, stderr) = printer(PrinterOptions { volume: Volume::Quiet, ..TEXT }, &[]);

    printer.plan(&Report { applied: 1 }).unwrap();
    printer.notice("by the way");
    printer.detail("in detail");
    printer.warning("look");
    assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("", "warning: look\n"));
}

#[test]
fn a_plan_goes_to_stderr_so_that_stdout_holds_the_answer_alone() {
    let (printer, stdout, stderr) = printer(TEXT, &[]);

    printer.plan(&Report { applied: 1 }).unwrap();
    printer.report("migrate up", None, ExitStatus::Success, &Report { applied: 1 }).unwrap();
    assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("Applied 1\n", "Applied 1\n"));
}

#[test]
fn a_reader_that_went_away_is_no_error_and_a_full_disk_is_one() {
    for (kind, is_fine) in [(io::ErrorKind::BrokenPipe, true), (io::ErrorKind::StorageFull, false)] {
        let streams = || Box::new(Broken(kind)) as Box<dyn Write + Send>;
        let printer = Printer::to_buffers(TEXT, &Variables::default(), streams(), streams());

        printer.warning("nobody reads this");
        let told = printer.report("status", None, ExitStatus::Success, &Report { applied: 1 });
        assert_eq!(told.is_ok(), is_fine, "{kind}");
    }
}

#[test]
fn a_bar_that_nobody_sees_still_passes_notices_on() {
    use crate::plan::Progress as _;
    let (printer, stdout, stderr) = printer(TEXT, &[]);

    let bars = printer.progress();
    bars.phase("Copying", 3);
    bars.advance(1, "public.contacts");
    bars.notice("skipped one");
    bars.finish();
    assert_eq!((stdout.text().as_str(), stderr.text().as_str()), ("", "skipped one\n"));
}

#[test]
fn a_failure_after_the_document_is_told_on_stderr() {
    let (printer, stdout, stderr) = printer(JSON, &[]);

    printer.report("status", None, ExitStatus::Success, &Report { applied: 1 }).unwrap();
    printer.failure("status", &failure()).unwrap();
    assert!(serde_json::from_str::<serde_json::Value>(&stdout.text()).is_ok());
    assert!(stderr.text().starts_with("error: "));
}

#[test]
fn nothing_that_others_wrote_commands_the_terminal() {
    let (printer, stdout, stderr) = printer(TEXT, &[]);

    printer.notice("a.sql: notice: \u{1b}]0;all is well\u{7}\u{1b}[8m");
    printer.answer("table `a\u{1b}[2Jb`").unwrap();
    assert_eq!(stderr.text(), "a.sql: notice: \u{fffd}]0;all is well\u{fffd}\u{fffd}[8m\n");
    assert_eq!(stdout.text(), "table `a\u{fffd}[2Jb`\n");
}
