//! `crmctl demo`: the whole job, on two throwaway servers.

use crate::app::App;
use crate::backup::Backup;
use crate::commands::doctor::ensure_postgres;
use crate::demo::{Stage, Story, scenes};
use crate::error::{ExitStatus, Kind, Result};

/// Watch the whole job on two throwaway servers: migrate, seed, sync, verify, back up, deploy, restore
#[derive(Debug, clap::Args)]
pub(crate) struct DemoArgs {
    /// Leave the servers and the project for looking around
    #[arg(long)]
    keep: bool,
}

pub(crate) async fn run(app: &App, args: DemoArgs) -> Result<ExitStatus> {
    ensure_postgres(app).await?;
    let mut story = Story::begin(app.printer.clone());
    let stage = Stage::build(app.home(), app.search_path(), args.keep).await?;
    let app = &app.on_stage(stage.project.clone());
    let (local, cloud) = (stage.local(), stage.cloud());
    story.tell(
        "Two servers",
        format!("PostgreSQL {} twice, as `local` and as `cloud`, with what Supabase puts into a database; no Docker", stage.server),
    );

    let files = scenes::migrate(app, &local).await?;
    scenes::migrate(app, &cloud).await?;
    story.tell("Migrate both", format!("{files} files each, every one in a transaction with its row in the history that the Supabase CLI reads too"));

    let rows = scenes::seed(app, &local).await?;
    let again = scenes::seed(app, &local).await?;
    story.tell(
        "Seed local",
        format!("three users who can log in, and {rows} rows of theirs; run again, it changed {again}"),
    );

    let told = Box::pin(scenes::sync(app, &stage)).await?;
    story.tell("Sync local to cloud", told);
    expect_equal(app, &stage).await?;
    story.tell("Verify", "equal: schema, grants, policies, every row of every table, and the logins");

    scenes::damage(app, &stage).await?;
    let found = scenes::verify(app, &stage).await?;
    let rows = found.rows_in_words();
    if rows.is_empty() {
        return Err(broken("a changed row was not found"));
    }
    story.tell(
        "Damage one row, and find it",
        format!(
            "somebody edits a contact in cloud by hand; verify exits with 3 and says: {}",
            rows.join("; ")
        ),
    );

    Box::pin(scenes::sync(app, &stage)).await?;
    expect_equal(app, &stage).await?;
    story.tell("Heal it", "one more sync, and both are equal again");

    let (backup, told) = scenes::back_up(app, &stage).await?;
    story.tell("Back cloud up", told);

    deploy_and_restore(app, &stage, backup, &mut story).await?;

    let kept = args.keep.then(|| stage.project.root.display().to_string());
    drop(stage);
    app.report(ExitStatus::Success, None, &story.end(kept))
}

/// A deploy that fails leaves nothing behind, one that does not can be taken back.
async fn deploy_and_restore(app: &App, stage: &Stage, backup: Backup, story: &mut Story) -> Result<()> {
    let cloud = stage.cloud();
    scenes::write_migration(app, scenes::BAD)?;
    let before = scenes::state(app, &cloud).await?;
    let Err(failure) = scenes::deploy(app, stage).await else {
        return Err(broken("a deploy that had to fail did not"));
    };
    if failure.kind() != Kind::Failed || scenes::state(app, &cloud).await? != before {
        return Err(failure.context("the failing deploy left something behind"));
    }
    let place = failure.location().map(|location| format!(" at {location}")).unwrap_or_default();
    story.tell("A deploy that fails", format!("a migration meets rows it did not expect{place}; its transaction is rolled back, and schema ({}) and rows are what they were", &before.0[..12]));

    scenes::write_migration(app, scenes::GOOD)?;
    let told = scenes::deploy(app, stage).await?;
    story.tell("The same deploy, mended", told);

    let told = scenes::restore(app, stage, backup).await?;
    if scenes::state(app, &cloud).await? != before {
        return Err(broken("the restore did not bring back what was backed up"));
    }
    story.tell("Restore the backup", format!("{told}; the schema is {} again", &before.0[..12]));
    Ok(())
}

async fn expect_equal(app: &App, stage: &Stage) -> Result<()> {
    let report = scenes::verify(app, stage).await?;
    if report.equal { Ok(()) } else { Err(broken("local and cloud are not equal after a sync")) }
}

/// What would be a bug of crmctl's own.
fn broken(what: &'static str) -> crate::error::Failure {
    anyhow::anyhow!(what).into()
}
