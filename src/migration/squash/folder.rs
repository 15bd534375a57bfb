//! The folder: the new file comes before the old ones go, and nothing is ever lost.
//!
//! The old files are copied into the archive first, then the new file appears under its name by a rename, then the
//! old ones are removed. Whoever is killed in between leaves a folder that works: files that another one was folded
//! from are left out, and the next squash moves them away.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::migration::directory::DirectoryError;
use crate::migration::file::MigrationFile;
use crate::migration::squash::error::SquashError;
use crate::migration::squash::plan::SquashPlan;

/// The folder of old files, below that of the migrations. No tool looks into subfolders.
pub const ARCHIVE: &str = "squashed";

/// One thing that is done to a folder, wholly or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step<'a> {
    Copy { from: &'a Path, to: PathBuf },
    Create { path: &'a Path, text: &'a str },
    Remove(&'a Path),
}

/// Puts the new file in place of the old ones.
pub fn put_in_place(plan: &SquashPlan, text: &str) -> Result<(), SquashError> {
    refuse_others(&plan.archive, &plan.folds)?;
    steps(plan, text).iter().try_for_each(Step::carry_out)
}

/// Moves away what an interrupted squash has left.
pub fn finish(folder: &Path, left: &[PathBuf]) -> Result<(), SquashError> {
    let archive = folder.join(ARCHIVE);
    refuse_others(&archive, left)?;
    copies(&archive, left).iter().try_for_each(Step::carry_out)?;
    left.iter().try_for_each(|old| Step::Remove(old).carry_out())
}

/// The files that one was folded from, as far as the archive still has them.
pub fn archived(folder: &Path, file: &MigrationFile) -> Result<Vec<Arc<MigrationFile>>, DirectoryError> {
    let archive = folder.join(ARCHIVE);
    if !archive.exists() {
        return Ok(Vec::new());
    }
    let mut files = MigrationFile::read_dir(&archive)?.files;
    files.retain(|old| file.directives.squashed_from.contains(&old.version));
    Ok(files)
}

/// In the order that gives safety: what each leaves behind when it is the last one, is tested.
fn steps<'a>(plan: &'a SquashPlan, text: &'a str) -> Vec<Step<'a>> {
    let is_half = |path: &&PathBuf| path.display().to_string().ends_with(".down.sql");
    let remove = |path: &'a PathBuf| Step::Remove(path);
    let mut steps = copies(&plan.archive, &plan.folds);
    // Halves go first: one of the new file's version would be taken for its own.
    steps.extend(plan.folds.iter().filter(is_half).map(remove));
    steps.push(Step::Create { path: &plan.path, text });
    let files = plan.folds.iter().filter(|path| !is_half(path) && **path != plan.path);
    steps.extend(files.map(remove));
    steps
}

fn copies<'a>(archive: &Path, files: &'a [PathBuf]) -> Vec<Step<'a>> {
    files.iter().map(|from| Step::Copy { from, to: in_archive(archive, from) }).collect()
}

fn in_archive(archive: &Path, file: &Path) -> PathBuf {
    archive.join(file.file_name().unwrap_or_default())
}

/// A file of that name in the archive must be the same.
fn refuse_others(archive: &Path, files: &[PathBuf]) -> Result<(), SquashError> {
    let read = |path: &Path| fs::read(path).map_err(failed(path));
    for (file, kept) in files.iter().map(|file| (file, in_archive(archive, file))) {
        if kept.exists() && read(file)? != read(&kept)? {
            return Err(SquashError::InTheWay { path: kept.display().to_string() });
        }
    }
    Ok(())
}

impl Step<'_> {
    fn carry_out(&self) -> Result<(), SquashError> {
        match self {
            Self::Copy { from, to } => write(to, &fs::read(from).map_err(failed(from))?),
            Self::Create { path, text } => write(path, text.as_bytes()),
            Self::Remove(path) => match fs::remove_file(path) {
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
                result => result.map_err(failed(path)),
            },
        }
    }
}

/// Writes a file that is there as a whole or not at all, and that a power cut does not take away.
fn write(path: &Path, bytes: &[u8]) -> Result<(), SquashError> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed(folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden files are nobody's migrations.
    let partial = folder.join(format!(".{name}.partial"));
    // What a run that was killed has left goes, and a link is not followed to wherever it leads.
    match fs::remove_file(&partial) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(failed(&partial)(error)),
        Ok(()) | Err(_) => {}
    }
    let mut file = fs::File::create_new(&partial).map_err(failed(&partial))?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(failed(&partial))?;
    fs::rename(&partial, path).map_err(failed(path))?;
    let opened = fs::File::open(folder).map_err(failed(folder))?;
    opened.sync_all().map_err(failed(folder))
}

fn failed(path: &Path) -> impl FnOnce(std::io::Error) -> SquashError {
    let path = path.display().to_string();
    move |source| SquashError::Io { path, source }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::MigrationFile;
    use crate::migration::squash::plan::plan;

    const NEW: &str = "-- crmctl:squashed-from 1,2\ncreate table t (x int, y int);\n";

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in [
            ("1_a.sql", "create table t (x int);"),
            ("2_b.sql", "alter table t add y int;"),
            ("2_b.down.sql", "alter table t drop y;"),
            ("3_c.sql", "select 3;"),
        ] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn titles(folder: &Path) -> Vec<String> {
        let directory = MigrationFile::read_dir(folder).expect("the folder can be used");
        directory.files.iter().map(|file| file.title()).collect()
    }

    #[test]
    fn wherever_it_stops_the_folder_works_and_nothing_is_lost() {
        for title in ["all", "b"] {
            let count = {
                let folder = folder();
                let directory = MigrationFile::read_dir(folder.path()).unwrap();
                steps(&plan(&directory, Some(&crate::migration::Version::stored("2")), title).unwrap(), NEW)
                    .len()
            };
            for stop in 0..=count {
                let folder = folder();
                let directory = MigrationFile::read_dir(folder.path()).unwrap();
                let plan = plan(&directory, Some(&crate::migration::Version::stored("2")), title).unwrap();
                steps(&plan, NEW).iter().take(stop).for_each(|step| step.carry_out().unwrap());

                let (old, new) = (["1_a", "2_b", "3_c"], [format!("2_{title}"), "3_c".to_owned()]);
                let found = titles(folder.path());
                assert!(found == old || found == new, "{title}, stopped after {stop}: {found:?}");
                for (name, text) in
                    [("1_a.sql", "create table t (x int);"), ("2_b.down.sql", "alter table t drop y;")]
                {
                    let places = [folder.path().join(name), folder.path().join(ARCHIVE).join(name)];
                    assert!(
                        places.iter().any(|path| fs::read_to_string(path).is_ok_and(|found| found == text))
                    );
                }

                let directory = MigrationFile::read_dir(folder.path()).unwrap();
                finish(folder.path(), &directory.folded).expect("what is left can be moved away");
                assert!(MigrationFile::read_dir(folder.path()).unwrap().folded.is_empty());
            }
        }
    }

    #[test]
    fn a_half_of_an_old_file_does_not_stay_beside_the_new_one() {
        let folder = folder();
        let directory = MigrationFile::read_dir(folder.path()).unwrap();
        let plan = plan(&directory, Some(&crate::migration::Version::stored("2")), "b").unwrap();
        put_in_place(&plan, NEW).unwrap();

        let directory = MigrationFile::read_dir(folder.path()).unwrap();
        assert!(directory.downs.is_empty());
        assert_eq!(fs::read_to_string(folder.path().join("2_b.sql")).unwrap(), NEW);
    }

    #[test]
    fn another_file_in_the_archive_is_never_written_over() {
        let folder = folder();
        let directory = MigrationFile::read_dir(folder.path()).unwrap();
        let plan = plan(&directory, None, "all").unwrap();
        fs::create_dir(folder.path().join(ARCHIVE)).unwrap();
        fs::write(folder.path().join(ARCHIVE).join("1_a.sql"), "another").unwrap();

        let error = put_in_place(&plan, NEW).expect_err("it is in the way");
        assert!(matches!(error, SquashError::InTheWay { .. }), "{error}");
        assert_eq!(titles(folder.path()), ["1_a", "2_b", "3_c"]);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_in_the_folder_does_not_lead_out_of_it() {
        let (folder, elsewhere) = (folder(), tempfile::NamedTempFile::new().unwrap());
        std::os::unix::fs::symlink(elsewhere.path(), folder.path().join(".2_all.sql.partial")).unwrap();

        write(&folder.path().join("2_all.sql"), b"select 1;").unwrap();
        assert_eq!(fs::read(elsewhere.path()).unwrap(), b"");
        assert_eq!(fs::read(folder.path().join("2_all.sql")).unwrap(), b"select 1;");
    }
}
