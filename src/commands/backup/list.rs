//! `crmctl backup list`: the backups there are.

use crate::app::App;
use crate::backup::{BackupList, Store};
use crate::error::{ExitStatus, Result};

pub(crate) fn run(app: &App) -> Result<ExitStatus> {
    let listing = Store::new(&app.project.backup.dir).list()?;
    app.report(ExitStatus::Success, None, &BackupList::from(listing))
}
