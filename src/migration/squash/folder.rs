//! The folder: the new file comes before the old ones go, and nothing is ever lost.
//!
//! The old files are copied into the archive first, then the new file appears under its name by a rename, then the
//! old ones are removed. Whoever is killed in between leaves a folder that works: files that another one was folded
//! from are left out, and the next squash moves them away.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::migration::squash::error::SquashError;
use crate::migration::squash::plan::SquashPlan;

/// The folder of old files, below that of the migrations. No tool looks into subfolders.
pub const ARCHIVE: &str = "squashed";

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SquashError {
    let path = path.display().to_string();
    move |source| SquashError::Io { path, source }
}

/// Puts the new file in place of the old ones.
pub fn put_in_place(plan: &SquashPlan, text: &str) -> Result<(), SquashError> {
    archive(&plan.archive, &plan.folds)?;
    let is_half = |path: &&PathBuf| path.display().to_string().ends_with(".down.sql");
    // Halves go first: one of the new file's version would be taken for its own.
    for half in plan.folds.iter().filter(is_half) {
        remove(half)?;
    }
    let name = plan.path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden files are nobody's migrations.
    let partial = plan.path.with_file_name(format!(".{name}.partial"));
    let mut file = fs::File::create(&partial).map_err(failed(&partial))?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(failed(&partial))?;
    fs::rename(&partial, &plan.path).map_err(failed(&plan.path))?;
    sync_folder(&plan.path)?;
    for old in plan.folds.iter().filter(|old| !is_half(old) && **old != plan.path) {
        remove(old)?;
    }
    Ok(())
}

/// Moves away what an interrupted squash has left.
pub fn finish(folder: &Path, left: &[PathBuf]) -> Result<(), SquashError> {
    archive(&folder.join(ARCHIVE), left)?;
    left.iter().try_for_each(|old| remove(old))
}

/// Copies files into the archive. One that is there already must be the same.
fn archive(folder: &Path, files: &[PathBuf]) -> Result<(), SquashError> {
    let target = |path: &Path| folder.join(path.file_name().unwrap_or_default());
    let read = |path: &Path| fs::read(path).map_err(failed(path));
    for path in files.iter().filter(|path| target(path).exists()) {
        if read(path)? != read(&target(path))? {
            return Err(SquashError::InTheWay { path: target(path).display().to_string() });
        }
    }
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for path in files {
        let target = target(path);
        // Never half a file: a copy that was interrupted is found to differ, so it has another name until it is whole.
        let partial = target.with_extension("partial");
        fs::copy(path, &partial).map_err(failed(&partial))?;
        let file = fs::File::open(&partial).map_err(failed(&partial))?;
        file.sync_all().map_err(failed(&partial))?;
        fs::rename(&partial, &target).map_err(failed(&target))?;
    }
    sync_folder(&folder.join(ARCHIVE))
}

fn remove(path: &Path) -> Result<(), SquashError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        result => result.map_err(failed(path)),
    }
}

/// Makes what happened in the folder of a file last.
fn sync_folder(path: &Path) -> Result<(), SquashError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let opened = fs::File::open(folder).map_err(failed(folder))?;
    opened.sync_all().map_err(failed(folder))
}
