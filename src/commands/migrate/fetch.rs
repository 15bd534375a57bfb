//! `crmctl migrate fetch`: files of migrations that only the history of a database knows. Reads the database only.

use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::migration::{Directory, fetch, history};

/// Write files for applied migrations that have none, from the statements in the history
///
/// A file is written only when splitting it gives the very statements that were applied; a file that exists is never
/// touched. Exits with 3 when there are migrations whose file cannot be made.
#[derive(Debug, clap::Args)]
pub(crate) struct FetchArgs {
    /// Environment whose history is read, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Show which files would be written and write none
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: FetchArgs) -> Result<ExitStatus> {
    let directory = Directory::read_or_empty(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let history = history::read(&mut session).await?;
    session.close().await;
    let plan = fetch::plan(&directory, &history);
    if plan.files.is_empty() || args.dry_run {
        return app.report(plan.exit_status(), Some(&environment), &plan);
    }
    let report = fetch::write(&plan)?;
    app.report(plan.exit_status(), Some(&environment), &report)
}
