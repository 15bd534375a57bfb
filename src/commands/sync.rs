//! `crmctl sync`: overwrite one environment's rows with another's.

use crate::app::App;
use crate::backup::{Store, restore};
use crate::environment::{Environment, EnvironmentName, Protection};
use crate::error::{ExitStatus, Result};
use crate::guard::Refusal;
use crate::pg::{Session, Target, blockers};
use crate::sync::{self, Columns, Ends, Filter, Intent, Mode, Options, Selection, Side};

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
    /// Only rows for which an SQL condition holds, and of tables that refer to the table only rows that refer to kept rows;
    /// `now()` and columns can be named, other tables with their schema [default: `sync.where` of crmctl.toml]
    #[arg(long = "where", value_name = "TABLE=CONDITION")]
    filters: Vec<Filter>,
    /// Which columns are carried over
    #[arg(long, value_enum, default_value_t, value_name = "COLUMNS")]
    columns: Columns,
    /// Let everything go along as it is, against `[mask]` of crmctl.toml and columns that look personal
    #[arg(long)]
    unmasked: bool,
    /// Show the plan and change nothing
    #[arg(long)]
    dry_run: bool,
}

pub(crate) async fn run(app: &App, args: SyncArgs) -> Result<ExitStatus> {
    let config = &app.project.sync;
    let from = app.environment(&args.from.unwrap_or_else(|| config.from.clone()))?;
    let to = app.environment(&args.to.unwrap_or_else(|| config.to.clone()))?;
    let selection = selection(app, &from, (args.filters, args.columns, args.unmasked));
    let (source_address, target_address) = (app.target(&from).await?, app.target(&to).await?);
    // Each as soon as it answers: what a near side has to say is there before a far one has let anybody in. The source's
    // snapshot stays open from here: what is planned is what is copied.
    let ((mut source, left), (mut target, right)) =
        tokio::try_join!(look(app, &source_address, true), look(app, &target_address, false))?;
    let options = Options {
        from: from.name.clone(),
        to: to.name.clone(),
        exclude: config.exclude.clone(),
        auth_users: config.auth_users.clone(),
        mode: args.mode,
        selection,
        staging_from: config.staging_from.0,
    };
    let intent = if args.force && !args.dry_run { Intent::Overwrite } else { Intent::Look };
    let plan = sync::plan(&left, &right, &options)?;
    drop((left, right)); // two schemas, which may be large: from here on rows need the memory
    let plan = sync::rehearse(&mut source, plan, intent).await?;
    let key = if plan.needs_mask_key() { app.mask_key(&from, intent)? } else { None };
    let mut ends = Ends { source: &mut source, target: &mut target };
    let plan = sync::weigh(&mut ends, plan, args.mode, key).await?;
    if plan.changes_nothing() || args.dry_run {
        return app.report(ExitStatus::Success, Some(&to), &plan);
    }
    app.printer.plan(&plan)?;
    if !args.force {
        return Err(Refusal::NotForced(to.name).into());
    }

    let approved = app.approve(plan, &to)?;
    let backup = Store::new(&app.project.backup.dir).create(&to.name, app.now())?;
    let mut report = sync::apply(ends, &approved, backup, app.progress()).await?;
    let psql = format!("{} -1 -v ON_ERROR_STOP=1", target_address.url.psql_hint());
    report.undo = vec![restore::command(&report.backup, &to.name), report.undo_with(&psql)];
    source.close().await; // the target's session ended with its COMMIT
    app.report(ExitStatus::Success, Some(&to), &report)
}

/// A session, and what it finds.
async fn look(app: &App, address: &Target, hold: bool) -> Result<(Session, Side)> {
    let mut session = Session::open(address, &app.cancel).await?;
    match sync::observe(&mut session, hold).await {
        Ok(side) => Ok((session, side)),
        // Whoever holds a lock here is to be told of, and nobody of the other side.
        Err(error) => Err(blockers::name_at_end(std::slice::from_ref(address), error.into()).await),
    }
}

/// What goes along: flags win over the file, and only an open environment's rows are for everybody's eyes.
fn selection(app: &App, from: &Environment, flags: (Vec<Filter>, Columns, bool)) -> Selection {
    let (filters, columns, is_unmasked) = flags;
    let is_masked = !is_unmasked && from.protection != Protection::Open;
    Selection {
        filters: if filters.is_empty() { app.project.filters.clone() } else { filters },
        masks: if is_masked { app.project.masks.clone() } else { Vec::new() },
        columns,
        is_guarded: is_masked && from.protection == Protection::Protected,
        has_shells: is_masked,
    }
}
