//! Carries a plan out. Every file appears whole or not at all, and none is replaced but `.gitignore`.

use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::error::InitError;
use super::plan::{GITIGNORE, IgnoredLines, InitPlan, Visibility};
use super::report::InitReport;
use crate::error::{Failure, Kind, Result};

/// Writes what the plan says.
///
/// First every text is written and flushed under another name beside its place, so a full disk or a folder that may
/// not be written leaves nothing (but empty folders). Then the names are given: `.gitignore` first, so that git
/// never sees a file with secrets. A crash among the names leaves whole files only, and the next run adds the rest.
pub fn write(plan: &InitPlan) -> Result<InitReport> {
    let gitignore = plan.gitignore.as_ref().map(|lines| stage_gitignore(&plan.root, lines)).transpose()?;
    let staged: Vec<Staged> = plan
        .new
        .iter()
        .map(|file| Staged::new(&plan.root.join(&file.path), &file.text, file.visibility))
        .collect::<Result<_, InitError>>()?;
    let mut report = InitReport { root: plan.root.clone(), kept: plan.kept.clone(), ..InitReport::default() };
    if let (Some(file), Some(lines)) = (gitignore, &plan.gitignore) {
        file.replace()?;
        report.ignored.clone_from(&lines.lines);
    }
    for (file, new) in staged.into_iter().zip(&plan.new) {
        match file.place() {
            Ok(true) => report.created.push(new.path.clone()),
            Ok(false) => report.kept.push(new.path.clone()),
            Err(error) => return Err(partial(error, &report)),
        }
    }
    report.next = next_steps(&report);
    Ok(report)
}

fn partial(error: InitError, report: &InitReport) -> Failure {
    let failure = Failure::from(error);
    match report.done() {
        Some(done) => failure.of_kind(Kind::Partial).with_done(done).with_help("run `crmctl init` again"),
        None => failure,
    }
}

/// A text on the disk that has not got its name yet. It vanishes unless it gets it.
struct Staged {
    file: NamedTempFile,
    path: PathBuf,
}

impl Staged {
    fn new(path: &Path, text: &str, visibility: Visibility) -> Result<Self, InitError> {
        let folder = path.parent().unwrap_or(Path::new("."));
        let wrong = |error| InitError::disk("write", path)(error);
        std::fs::create_dir_all(folder).map_err(wrong)?;
        let mut file = create_in(folder, visibility).map_err(wrong)?;
        file.write_all(text.as_bytes()).map_err(wrong)?;
        file.as_file().sync_all().map_err(wrong)?;
        Ok(Self { file, path: path.to_owned() })
    }

    /// Gives it its name, unless somebody else has taken it by now.
    fn place(self) -> Result<bool, InitError> {
        match self.file.persist_noclobber(&self.path) {
            Ok(_) => Ok(true),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(InitError::disk("write", self.path)(error.error)),
        }
    }

    fn replace(self) -> Result<(), InitError> {
        self.file
            .persist(&self.path)
            .map(drop)
            .map_err(|error| InitError::disk("write", self.path)(error.error))
    }
}

fn stage_gitignore(root: &Path, lines: &IgnoredLines) -> Result<Staged, InitError> {
    // A link stays one: what it leads to is written.
    let path = root.join(GITIGNORE);
    let path = path.canonicalize().unwrap_or(path);
    if std::fs::read_to_string(&path).ok() != lines.before {
        return Err(InitError::Changed(GITIGNORE.into()));
    }
    let staged = Staged::new(&path, &lines.after, Visibility::Normal)?;
    if let Ok(metadata) = path.metadata() {
        let permissions = metadata.permissions();
        staged.file.as_file().set_permissions(permissions).map_err(InitError::disk("write", &path))?;
    }
    Ok(staged)
}

#[cfg(unix)]
fn create_in(folder: &Path, visibility: Visibility) -> std::io::Result<NamedTempFile> {
    use std::os::unix::fs::PermissionsExt as _;
    // The umask takes away from these bits as from those of any new file.
    let mode = match visibility {
        Visibility::Normal => 0o666,
        Visibility::Owner => 0o600,
    };
    tempfile::Builder::new().permissions(std::fs::Permissions::from_mode(mode)).tempfile_in(folder)
}

#[cfg(not(unix))]
fn create_in(folder: &Path, _visibility: Visibility) -> std::io::Result<NamedTempFile> {
    NamedTempFile::new_in(folder)
}

fn next_steps(report: &InitReport) -> Vec<String> {
    let has_new = |name: &str| report.created.iter().any(|path| path.ends_with(name));
    let mut steps = Vec::new();
    if has_new(".env.production") {
        steps.push("fill in `.env.production`, then `crmctl doctor`");
    }
    if report.created.iter().any(|path| path.extension().is_some_and(|extension| extension == "sql")) {
        steps.push("`crmctl local start`, `crmctl migrate up`, `crmctl seed`");
    } else if has_new(".gitkeep") {
        steps.push("`crmctl migrate new <title>` for the first migration");
    }
    if has_new("crmctl.yml") {
        steps.push("make the environments that `.github/workflows/crmctl.yml` names at its top");
    }
    steps.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests;
