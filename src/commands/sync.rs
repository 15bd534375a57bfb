//! `crmctl sync`: overwrite one environment's rows with another's.

use crate::app::App;
use crate::backup::{Store, restore};
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::guard::Refusal;
use crate::pg::Session;
use crate::sync::{self, Ends, Mode, Options};

/// Overwrite the rows of one environment with those of another: backed up, compared, then committed
#[derive(Debug, clap::Args)]
pub(crate) struct SyncArgs {
    /// Environment whose rows are copied [default: `sync.from` of crmctl.toml, else local]
    #[arg(long, value_name = "NAME")]
    from: Option<EnvironmentName>,
    /// Environment whose rows are overwritten [default: `sync.to` of crmctl.toml, else cloud]
    #[arg(long, value_name = "NAME")]
    to: Option<EnvironmentName>,
    /// Overwrite; without it the plan is printed and nothing is done
    #[arg(long)]
    force: bool,
    /// How rows are carried over
    #[arg(long, value_enum, default_value_t, value_name = "MODE")]
    mode: Mode,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: SyncArgs) -> Result<ExitStatus> {
    let config = &app.project.sync;
    let from = app.environment(&args.from.unwrap_or_else(|| config.from.clone()))?;
    let to = app.environment(&args.to.unwrap_or_else(|| config.to.clone()))?;
    let (source_address, target_address) = (app.target(&from).await?, app.target(&to).await?);
    let (mut source, mut target) = tokio::try_join!(
        Session::open(&source_address, &app.cancel),
        Session::open(&target_address, &app.cancel)
    )?;

    // The source's snapshot stays open from here: what is planned is what is copied.
    let (left, right) =
        tokio::try_join!(sync::observe(&mut source, true), sync::observe(&mut target, false))?;
    let options = Options {
        from: from.name.clone(),
        to: to.name.clone(),
        exclude: config.exclude.clone(),
        auth_users: config.auth_users.clone(),
        mode: args.mode,
    };
    let plan = sync::plan(&left, &right, &options)?;
    if args.dry_run {
        return app.report(ExitStatus::Success, Some(&to), &plan);
    }
    app.printer.plan(&plan)?;
    if !args.force {
        return Err(Refusal::NotForced(to.name).into());
    }

    let approved = app.approve(plan, &to)?;
    let backup = Store::new(&app.project.backup.dir).create(&to.name, app.now())?;
    let ends = Ends { source: &mut source, target: &mut target };
    let mut report = sync::apply(ends, &approved, backup, app.progress()).await?;
    report.undo = vec![
        restore::command(&report.backup, &to.name),
        format!(
            "{} -1 -v ON_ERROR_STOP=1 -f {}",
            target_address.url.psql_hint(),
            report.backup_file.display()
        ),
    ];
    source.close().await; // the target's session ended with its COMMIT
    app.report(ExitStatus::Success, Some(&to), &report)
}
