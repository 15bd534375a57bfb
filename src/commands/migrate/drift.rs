//! `crmctl migrate drift`: what a database has become beside its migrations. Reads only.

use crate::app::App;
use crate::drift::{self, DriftReport};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::MigrationFile;

/// Find what was changed in a database without a migration; exits with 3 when there is any
///
/// The migrations that were applied there, as they were when they were applied, are replayed on a throwaway server,
/// and both schemas are compared. Nothing is changed, neither there nor here.
#[derive(Debug, clap::Args)]
pub(crate) struct DriftArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
}

pub(crate) async fn run(app: &App, args: DriftArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let observed = drift::observe(&mut session).await?;
    session.close().await;
    let options = ClusterOptions::new(app.home(), app.search_path());
    let options = drift::like(&options, &observed.catalog, observed.major).await;
    let replayed = drift::replayed_catalog(&options, &directory, &observed.history, &app.cancel).await?;
    let report = DriftReport::new(observed.history.rows.len(), drift::drift(&replayed, &observed.catalog));
    app.report(report.exit_status(), Some(&environment), &report)
}
