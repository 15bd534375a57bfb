//! `crmctl migrate verify`: whether history, files and database are of one mind. Reads only.

use crate::app::App;
use crate::drift::{self, DriftReport, Observed};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::Directory;
use crate::migration::verify::VerifyReport;

/// Prove that the history says what the files say, and that the database is what its applied migrations make
///
/// The applied files are replayed on a throwaway server and both schemas compared. Pending files are no finding.
/// Exits with 3 when an applied file is edited or gone, when one stopped half-way, and when the schema drifted.
#[derive(Debug, clap::Args)]
pub(crate) struct VerifyArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// Compare files and history only, without a throwaway server
    #[arg(long)]
    history_only: bool,
}

pub(crate) async fn run(app: &App, args: VerifyArgs) -> Result<ExitStatus> {
    let directory = Directory::read_or_empty(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let observed = drift::observe(&mut session).await?;
    session.close().await;
    let mut report = VerifyReport::new(&directory, &observed.history, &environment.name);
    if !args.history_only {
        report = report.with_schema(schema(app, &directory, &observed).await)?;
    }
    app.report(report.exit_status(), Some(&environment), &report)
}

/// In what the database differs from what its applied migrations make.
async fn schema(app: &App, directory: &Directory, observed: &Observed) -> Result<DriftReport> {
    let options = ClusterOptions::new(app.home(), app.search_path());
    let options = drift::like(&options, &observed.catalog, observed.major).await;
    let replayed = drift::replayed_catalog(&options, directory, &observed.history, &app.cancel).await?;
    Ok(DriftReport::new(observed.history.rows.len(), drift::drift(&replayed, &observed.catalog)))
}
