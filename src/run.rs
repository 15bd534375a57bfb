//! One run of the program: parse, do, tell.

use clap::Parser;

use crate::app::App;
use crate::cancel::Cancel;
use crate::cli::{Cli, Command};
use crate::environment::Variables;
use crate::error::{ExitStatus, Failure, Kind, Result};
use crate::global::GlobalArgs;
use crate::ui::{Output, Printer, PrinterOptions, Volume};

/// Runs the program with the arguments of the process. The only place a failure is rendered.
#[must_use]
pub fn run() -> ExitStatus {
    let mut cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    cli.global.json |= cli.command.asks_for_json();
    let printer = Printer::new(printer_options(&cli.global), &Variables::of_process());
    let name = cli.command.name();
    let result = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::from(anyhow::Error::new(error).context("cannot start")))
        .and_then(|runtime| runtime.block_on(execute(cli, &printer)));
    result.unwrap_or_else(|failure| {
        let status = failure.kind().into();
        // When even the failure cannot be printed, the exit code is all that is left to say it.
        let _ = printer.failure(name, &failure);
        status
    })
}

async fn execute(cli: Cli, printer: &Printer) -> Result<ExitStatus> {
    let cancel = Cancel::default();
    let app = App::new(cli.global, cli.command.name(), printer.clone(), cancel.clone())?;
    tokio::select! {
        // In this order: a signal that comes early meets its handler.
        biased;
        () = watch_signals(&cancel) => Err(gone_without_waiting()),
        result = explained(cli.command, &app) => result,
    }
}

async fn explained(command: Command, app: &App) -> Result<ExitStatus> {
    match dispatch(command, app).await {
        Ok(status) => Ok(status),
        Err(failure) => Err(app.explained(failure).await),
    }
}

async fn dispatch(command: Command, app: &App) -> Result<ExitStatus> {
    match command {
        Command::Demo(args) => Box::pin(crate::commands::demo::run(app, args)).await,
        Command::Init(args) => crate::commands::init::run(app, &args),
        Command::Doctor(args) => crate::commands::doctor::run(app, args).await,
        Command::Local(command) => command.run(app).await,
        Command::Migrate(command) => command.run(app).await,
        Command::Seed(args) => crate::commands::seed::run(app, args).await,
        Command::Sync(args) => Box::pin(crate::commands::sync::run(app, args)).await,
        Command::Verify(args) => crate::commands::verify::run(app, args).await,
        Command::Validate(args) => crate::commands::validate::run(app, args).await,
        Command::Access(args) => crate::commands::access::run(app, args).await,
        Command::Reset(args) => crate::commands::reset::run(app, args).await,
        Command::Backup(args) => args.run(app).await,
        Command::Restore(args) => crate::commands::restore::run(app, args).await,
        Command::Deploy(args) => args.run(app).await,
        Command::Completions(args) => crate::commands::completions::run(app, &args),
    }
}

/// The second signal ends the program, not the server: what was sent to it may still be carried out.
fn gone_without_waiting() -> Failure {
    let error = anyhow::anyhow!(
        "interrupted without waiting for the server, which may still finish what it was sent"
    );
    Failure::from(error)
        .of_kind(Kind::Interrupted)
        .with_help("see what was done with `crmctl migrate status` or `crmctl verify` before you go on")
}

/// The first signal asks everybody to stop in good order; the second one ends the wait for it.
async fn watch_signals(cancel: &Cancel) {
    stop_signal().await;
    cancel.raise();
    stop_signal().await;
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let terminate = async {
        match signal(SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate => {}
    }
}

#[cfg(not(unix))]
async fn stop_signal() {
    // Without a handler the system ends the process itself.
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

fn printer_options(global: &GlobalArgs) -> PrinterOptions {
    PrinterOptions {
        output: if global.json { Output::Json } else { Output::Text },
        volume: match (global.quiet, global.verbose) {
            (true, _) => Volume::Quiet,
            (false, true) => Volume::Verbose,
            (false, false) => Volume::Normal,
        },
        colour: global.color,
    }
}

/// Help, the version, or what is wrong with the command line. clap prints the first two to stdout.
fn usage(error: &clap::Error) -> ExitStatus {
    let asks_for_json = std::env::args_os().any(|argument| argument == "--json");
    if error.use_stderr() && asks_for_json {
        let options = PrinterOptions { output: Output::Json, ..PrinterOptions::default() };
        let text = error.to_string();
        let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
        let failure =
            Failure::from(anyhow::anyhow!(message)).of_kind(Kind::Usage).with_help("see `crmctl --help`");
        // The exit code says it as well.
        let _ = Printer::new(options, &Variables::of_process()).failure("crmctl", &failure);
        return ExitStatus::Usage;
    }
    // Nobody is left to tell when stdout or stderr are gone.
    let _ = error.print();
    if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Success }
}
