//! Records a baseline: the rows of its migrations, and the file of one that is new.

use std::path::PathBuf;

use serde::Serialize;

use crate::catalog;
use crate::error::{Failure, Result};
use crate::guard::Approved;
use crate::migration::apply::begin;
use crate::migration::baseline::plan::{BaselineError, BaselinePlan};
use crate::migration::fetch::Unborn;
use crate::migration::folded::in_a_row;
use crate::migration::history;
use crate::migration::history_fault::cannot_write;
use crate::migration::version::Version;
use crate::pg::{Session, SqlText, Writer};
use crate::plan::{Progress, Render};
use crate::ui::{Style, plural};

/// So many rows go in one message.
const TOGETHER: usize = 64;

/// What a baseline recorded.
#[derive(Debug, Clone, Serialize)]
pub struct BaselineReport {
    /// The versions, in order.
    pub recorded: Vec<Version>,
    /// The file that was written.
    pub written: Option<PathBuf>,
}

/// Records what was approved, all of it or nothing.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<BaselinePlan>,
    progress: &dyn Progress,
) -> Result<BaselineReport> {
    let plan = approved.plan();
    // The file is whole on the disk before anything is recorded, and has no name: a crash leaves nothing that counts.
    let unborn = match (&plan.new_file, plan.migrations.first()) {
        (Some(path), Some(file)) => Some(Unborn::write(path, &file.text)?.flushed()?),
        (Some(_) | None, _) => None,
    };
    let mut writer = session.unlock(approved, progress).await?;
    if let Err(failure) = record(&mut writer, plan).await {
        // A connection that is lost has rolled back by itself.
        let _ = writer.roll_back().await;
        return Err(failure);
    }
    writer.commit().await?.tell(progress);
    let recorded = plan.migrations.iter().map(|file| file.version.clone()).collect();
    let mut report = BaselineReport { recorded, written: None };
    // A crash here leaves a version without its file, which `migrate fetch` writes from the row. The other way round
    // there would be a file that `migrate up` tries to run against a schema that has it all.
    if let Some(unborn) = unborn {
        unborn.appear().map_err(|error| {
            let help = format!("`crmctl migrate fetch --env {}` writes the file", plan.place.environment);
            Failure::from(error).after_changes(&report).with_help(help)
        })?;
        report.written.clone_from(&plan.new_file);
    }
    Ok(report)
}

async fn record(writer: &mut Writer<'_>, plan: &BaselinePlan) -> Result<()> {
    begin(writer).await?;
    if catalog::read(writer).await?.hash() != plan.catalog_hash {
        return Err(BaselineError::Moved { place: plan.place.clone() }.into());
    }
    for files in plan.migrations.chunks(TOGETHER) {
        let mut rows = SqlText::default();
        for file in files {
            rows.append(history::record(file));
            rows.push("; ");
        }
        writer.send_text(rows)?;
    }
    writer.settle().await.map_err(cannot_write)
}

impl Render for BaselineReport {
    fn render(&self, style: &Style) -> String {
        let count = plural(self.recorded.len() as u64, "migration");
        let versions: Vec<&str> = self.recorded.iter().map(Version::as_str).collect();
        let mut text = format!("{count} {}: {}", style.good("recorded as applied"), in_a_row(&versions));
        if let Some(path) = &self.written {
            text = format!("{} {}\n{text}", style.good("written"), path.display());
        }
        text
    }
}
