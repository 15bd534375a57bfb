//! `crmctl migrate down`: undo the newest migrations of one environment.

use crate::app::App;
use crate::commands::backup::backup_of;
use crate::drift;
use crate::environment::{EnvironmentName, Protection};
use crate::error::{ExitStatus, Result};
use crate::local::ClusterOptions;
use crate::migration::down::{self, Wanted};
use crate::migration::{MigrationFile, Version, squash};

/// Undo the newest migrations: by their down halves, or by the inverse of statements that have a certain one
///
/// A down half is `<version>_<name>.down.sql` beside the migration, or the lines behind `-- crmctl:down` in it, every
/// one of them a comment. The way there and back is rehearsed on a throwaway server first, and the schema is compared
/// with the rehearsed one before COMMIT.
#[derive(Debug, clap::Args)]
pub(crate) struct DownArgs {
    /// Environment to change, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
    /// How many migrations to undo
    #[arg(long, value_name = "N", default_value_t = 1, conflicts_with = "to")]
    steps: usize,
    /// Undo everything newer than this version, which stays
    #[arg(long, value_name = "VERSION")]
    to: Option<Version>,
    /// Show what would be run and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Neither rehearse nor compare
    #[arg(long)]
    no_rehearsal: bool,
}

pub(crate) async fn run(app: &App, args: DownArgs) -> Result<ExitStatus> {
    let directory = MigrationFile::read_dir(&app.project.migrations)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?; // read-only until the plan is approved

    let observed = drift::observe(&mut session).await?;
    let history = &observed.history;
    let wanted = args.to.map_or(Wanted::Steps(args.steps), Wanted::To);
    let versions = down::select(&squash::folded(&directory, history), &wanted)?;
    let mut plan = down::plan(&directory, history, &versions)?;
    if !plan.is_empty() {
        plan = down::count_losses(&mut session, plan).await?;
        if !args.no_rehearsal {
            let stage = ClusterOptions::new(app.home(), app.search_path());
            let stage = drift::like(&stage, &observed.catalog, observed.major).await;
            let rehearsal = down::rehearse(&stage, &directory, history, &plan, &app.cancel).await?;
            plan = plan.with_rehearsal(rehearsal);
        }
    }
    if plan.is_empty() || args.dry_run {
        session.close().await;
        return app.report(ExitStatus::Success, Some(&environment), &plan);
    }
    app.printer.plan(&plan)?;

    let approved = app.approve(plan, &environment)?;
    let backup = match environment.protection {
        Protection::Protected => Some(backup_of(app, &environment).await?), // whole on the disk before anything is touched
        Protection::Open | Protection::Guarded => None,
    };
    let backup = backup.map(|backup| backup.backup.manifest.id.to_string());
    let report = down::apply(&mut session, &approved, app.progress()).await?.with_backup(backup);
    session.close().await;
    app.report(ExitStatus::Success, Some(&environment), &report)
}
