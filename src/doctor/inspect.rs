//! Looking at everything: the machine, the project, and all environments at once.

use futures_util::future::join_all;

use crate::cancel::Cancel;
use crate::doctor::environment::{Ward, examine};
use crate::doctor::{Check, DoctorReport, Group, Machine, SecretFile, Subject};
use crate::environment::{CONFIG_FILE, Project};
use crate::error::Result;
use crate::local::LocalServer;
use crate::migration::{Directory, DirectoryError, MigrationFile};
use crate::pg::PgError;
use crate::tools::SearchPath;
use crate::ui::plural;

/// What is looked at.
pub struct Inspection<'a> {
    /// The project.
    pub project: &'a Project,
    /// Its environments.
    pub subjects: Vec<Subject>,
    /// Files that hold secrets.
    pub files: Vec<SecretFile>,
    /// The server that crmctl runs for it.
    pub server: LocalServer,
    /// Where programs are looked for.
    pub search: SearchPath,
    /// Raised when the user asks to stop.
    pub cancel: &'a Cancel,
}

/// Looks at everything and changes nothing. An environment that is dead takes nothing from the others.
pub async fn inspect(inspection: &Inspection<'_>) -> Result<DoctorReport> {
    let Inspection { project, subjects, files, server, search, cancel } = inspection;
    let machine = Machine::observe(search).await;
    let directory = MigrationFile::read_dir(&project.migrations);
    let mut groups = vec![machine.group(), project_group(project, &directory, files)];

    let directory = directory.as_ref().ok();
    let ward = Ward { machine: &machine, server, directory, cancel };
    groups.extend(join_all(subjects.iter().map(|subject| examine(subject, &ward))).await);
    if cancel.is_raised() {
        return Err(PgError::Interrupted.into());
    }
    Ok(DoctorReport { fixed: Vec::new(), groups })
}

fn project_group(
    project: &Project,
    directory: &Result<Directory, DirectoryError>,
    files: &[SecretFile],
) -> Group {
    let mut checks = vec![config_file(project)];
    checks.extend(migrations(project, directory));
    checks.extend(files.iter().map(SecretFile::check));
    Group { title: format!("project {}", project.name), checks }
}

/// A file that is not valid stops every command before it starts.
fn config_file(project: &Project) -> Check {
    match &project.config_file {
        Some(path) => Check::ok(CONFIG_FILE, format!("valid, `{}`", path.display())),
        None => {
            Check::warning(CONFIG_FILE, format!("none in `{}`; the defaults hold", project.root.display()))
                .with_help("`crmctl init`")
        }
    }
}

fn migrations(project: &Project, directory: &Result<Directory, DirectoryError>) -> Vec<Check> {
    let name = "migrations";
    let folder = project.migrations.strip_prefix(&project.root).unwrap_or(&project.migrations).display();
    let directory = match directory {
        Ok(directory) => directory,
        Err(error @ DirectoryError::Missing { .. }) => return vec![Check::error(name, error).mildly()],
        Err(error) => return vec![Check::error(name, error)],
    };
    let count = u64::try_from(directory.files.len()).unwrap_or(u64::MAX);
    let mut checks = vec![Check::ok(name, format!("{} in `{folder}`", plural(count, "file")))];
    let skipped = directory.skipped.iter().map(|(file, why)| format!("`{file}` is left out: {why}"));
    checks.extend(skipped.chain(directory.warnings.iter().cloned()).map(|what| Check::warning(name, what)));
    checks
}
