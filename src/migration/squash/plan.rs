//! Which files are folded into which, and whose history is folded with them. Pure.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;

use crate::environment::EnvironmentName;
use crate::migration::directory::{Directory, slug};
use crate::migration::file::MigrationFile;
use crate::migration::history_row::History;
use crate::migration::squash::carry::not_carried;
use crate::migration::squash::error::SquashError;
use crate::migration::squash::folder::ARCHIVE;
use crate::migration::version::Version;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// The files to fold.
#[derive(Debug, Clone, Serialize)]
pub struct SquashPlan {
    /// The version of the new file: the newest of the old ones, so that later files stay later.
    pub version: Version,
    /// Its name.
    pub name: String,
    /// Where it will be.
    pub path: PathBuf,
    /// Where the old files go.
    pub archive: PathBuf,
    /// The old files, in order.
    #[serde(skip)]
    pub files: Vec<Arc<MigrationFile>>,
    /// Their paths, and those of their down halves.
    pub folds: Vec<PathBuf>,
}

/// Decides what is folded: everything up to `to`. An empty plan when there are not two files.
pub fn plan(directory: &Directory, to: Option<&Version>, title: &str) -> Result<SquashPlan, SquashError> {
    if let Some(version) = to.filter(|version| directory.get(version).is_none()) {
        return Err(SquashError::UnknownVersion { version: version.clone() });
    }
    let name = slug(title);
    if name.is_empty() {
        return Err(SquashError::EmptyTitle { title: title.to_owned() });
    }
    let is_old = |file: &&Arc<MigrationFile>| to.is_none_or(|to| file.version <= *to);
    let mut files: Vec<Arc<MigrationFile>> = directory.files.iter().filter(is_old).cloned().collect();
    if files.len() < 2 {
        files.clear();
    }
    for file in &files {
        if let Some((what, at)) = not_carried(file) {
            return Err(SquashError::NotCarried { what, at });
        }
    }
    let version = files.last().map_or_else(|| Version::stored(""), |file| file.version.clone());
    let downs = directory.downs.iter().filter(|down| files.iter().any(|file| file.version == down.version));
    Ok(SquashPlan {
        path: directory.path.join(format!("{version}_{name}.sql")),
        archive: directory.path.join(ARCHIVE),
        folds: files.iter().chain(downs).map(|file| file.path.clone()).collect(),
        version,
        name,
        files,
    })
}

impl SquashPlan {
    /// Whether there is nothing to fold.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }

    /// The versions that the new file stands for: those of the files, and those that one of them stood for already.
    pub(crate) fn versions(&self) -> (Vec<&Version>, Vec<&Version>) {
        let directives = self.files.iter().map(|file| &file.directives);
        let from: Vec<&Version> = self.files.iter().map(|file| &file.version).collect();
        let mut before: Vec<&Version> = directives
            .flat_map(|directives| directives.squashed_from.iter().chain(&directives.squashed_before))
            .filter(|version| !from.contains(version))
            .collect();
        before.sort();
        before.dedup();
        (from, before)
    }
}

impl Render for SquashPlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return "nothing to fold: there are not two migrations".to_owned();
        }
        let file = |path: &PathBuf| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut text = format!(
            "{} to fold into {}",
            plural(self.files.len() as u64, "migration"),
            style.strong(&self.path.display().to_string())
        );
        for path in &self.folds {
            text += &format!("\n  {}", file(path));
        }
        text + &format!("\nthe old files move to {}", self.archive.display())
    }
}

/// One history in which the rows of the old files become one.
#[derive(Debug, Clone, Serialize)]
pub struct HistoryPlan {
    /// Whose.
    pub environment: EnvironmentName,
    /// The versions whose rows go.
    pub removes: Vec<Version>,
    /// The new file.
    pub path: PathBuf,
    #[serde(skip)]
    pub(crate) file: Arc<MigrationFile>,
    #[serde(rename = "basis")]
    fingerprint: Fingerprint,
}

/// Decides how the history of an environment is folded: nothing where it has none of the old files, or is folded
/// already. `old` are the old files, as far as they are there to be compared.
pub fn plan_history(
    environment: &EnvironmentName,
    file: &Arc<MigrationFile>,
    old: &[Arc<MigrationFile>],
    history: &History,
) -> Result<Option<HistoryPlan>, SquashError> {
    let from = &file.directives.squashed_from;
    let applied = from.iter().filter(|version| history.get(version).is_some()).count();
    let is_folded = history.get(&file.version).is_some() && !history.was_edited(file);
    if applied == 0 || is_folded {
        return Ok(None);
    }
    if applied < from.len() {
        let (environment, path) = (environment.to_string(), file.shown());
        return Err(SquashError::OnlyAPart { environment, path, applied, all: from.len() });
    }
    if let Some(edited) = old.iter().find(|file| history.was_edited(file)) {
        let (environment, path) = (environment.to_string(), edited.shown());
        return Err(SquashError::Edited { environment, path });
    }
    let before = file.directives.squashed_before.iter().filter(|version| history.get(version).is_some());
    Ok(Some(HistoryPlan {
        environment: environment.clone(),
        removes: from.iter().chain(before).cloned().collect(),
        path: file.path.clone(),
        file: Arc::clone(file),
        fingerprint: history.fingerprint(),
    }))
}

impl Plan for HistoryPlan {
    fn hazards(&self) -> Vec<Hazard> {
        let rows = plural(self.removes.len() as u64, "row");
        vec![Hazard::OverwritesRows(format!("{rows} of the migration history become one"))]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for HistoryPlan {
    fn render(&self, style: &Style) -> String {
        let name = Path::file_name(&self.path).unwrap_or_default().to_string_lossy().into_owned();
        format!(
            "in the history of {} {} become {name}",
            style.strong(&format!("`{}`", self.environment)),
            plural(self.removes.len() as u64, "row")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;
    use crate::migration::history_row::test_history;

    const A: (&str, &str) = ("1_a", "create table a (x int);");
    const B: (&str, &str) = ("2_b", "alter table a add y int;");
    const C: (&str, &str) = ("3_c", "select 3;");
    const NEW: &str = "-- crmctl:squashed-from 1,2\ncreate table a (x int, y int);";

    fn files(list: &[(&str, &str)]) -> Vec<Arc<MigrationFile>> {
        list.iter().map(|(title, text)| Arc::new(test_file(title, text))).collect()
    }

    fn directory(list: &[(&str, &str)]) -> Directory {
        Directory { path: "migrations".into(), files: files(list), ..Directory::default() }
    }

    #[test]
    fn the_new_file_has_the_newest_version_of_the_old_ones() {
        let plan =
            plan(&directory(&[A, B, C]), Some(&Version::stored("2")), "Base line").expect("it is fine");

        assert_eq!(plan.path, PathBuf::from("migrations/2_base_line.sql"));
        assert_eq!(
            plan.render(&Style::PLAIN),
            "2 migrations to fold into migrations/2_base_line.sql\n  1_a.sql\n  2_b.sql\nthe old files move to migrations/squashed"
        );
    }

    #[test]
    fn one_file_is_nothing_to_fold() {
        let plan = plan(&directory(&[A, B]), Some(&Version::stored("1")), "x").expect("it is fine");
        assert!(plan.is_empty());
    }

    #[test]
    fn what_was_folded_before_is_remembered() {
        let plan = plan(&directory(&[("2_ab", NEW), C]), None, "x").expect("it is fine");

        let (from, before) = plan.versions();
        assert_eq!(from, [&Version::stored("2"), &Version::stored("3")]);
        assert_eq!(before, [&Version::stored("1")]);
    }

    #[test]
    fn a_history_is_folded_when_it_has_all_the_old_files_as_they_are() {
        let (stage, file) = ("stage".parse().unwrap(), Arc::new(test_file("2_ab", NEW)));
        let plan = |history: &History| plan_history(&stage, &file, &files(&[A, B]), history);

        let found = plan(&test_history([A, B, C])).expect("it is fine").expect("there is something to do");
        assert_eq!(found.removes, [Version::stored("1"), Version::stored("2")]);
        assert_eq!(
            found.hazards(),
            [Hazard::OverwritesRows("2 rows of the migration history become one".into())]
        );
        assert!(plan(&test_history([("2_ab", NEW), C])).unwrap().is_none(), "it is folded already");
        assert!(plan(&test_history([])).unwrap().is_none(), "it is empty");
    }

    #[test]
    fn a_history_with_a_part_of_them_or_with_another_text_is_refused() {
        let (stage, file) = ("stage".parse().unwrap(), Arc::new(test_file("2_ab", NEW)));
        let plan = |history: &History| plan_history(&stage, &file, &files(&[A, B]), history).unwrap_err();

        assert!(matches!(plan(&test_history([A])), SquashError::OnlyAPart { applied: 1, all: 2, .. }));
        let other = ("1_a", "create table a (x text);");
        assert!(matches!(plan(&test_history([other, B])), SquashError::Edited { .. }));
    }
}
