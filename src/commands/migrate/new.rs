//! `crmctl migrate new`: an empty migration.

use std::path::PathBuf;

use serde::Serialize;

use crate::app::App;
use crate::error::{ExitStatus, Result};
use crate::migration;
use crate::plan::Render;
use crate::ui::Style;

/// Make a new migration file, named by the time in UTC
#[derive(Debug, clap::Args)]
pub(crate) struct NewArgs {
    /// What it does, in a few words: becomes a part of the file's name
    title: String,
}

/// The file that was made.
#[derive(Debug, Serialize)]
struct NewFile {
    path: PathBuf,
}

pub(crate) fn run(app: &App, args: &NewArgs) -> Result<ExitStatus> {
    let template = include_str!("../../../templates/migration.sql");
    let path = migration::new_file(&app.project.migrations, &args.title, template, app.now())?;
    app.report(ExitStatus::Success, None, &NewFile { path })
}

impl Render for NewFile {
    fn render(&self, style: &Style) -> String {
        format!("{} {}", style.good("created"), self.path.display())
    }
}
