//! What lies in a folder of migrations and is none although it looks like one: people bring folders of other tools, and
//! nobody shall take silence for success.

use std::path::Path;

/// What to say about files that were left out, with the reason for each, and about folders: the first of them.
pub(super) fn warnings(path: &Path, skipped: &[(String, String)], has_migrations: bool) -> Vec<String> {
    let mut files = skipped.iter().filter(|(name, _)| is_sql(Path::new(name)));
    let mut warnings = Vec::new();
    if let Some((name, reason)) = files.next() {
        warnings.push(match files.count() {
            0 => format!("`{name}` is left out: {reason}"),
            others => format!("`{name}` and {others} more are left out: {reason}"),
        });
    }
    // Beside migrations they are an archive.
    if !has_migrations {
        warnings.extend(folder_of_sql(path).map(|folder| {
            format!(
                "`{folder}/` has files of SQL, as other tools lay them; crmctl runs `<version>_<name>.sql` in the folder itself"
            )
        }));
    }
    warnings
}

/// The first of the folders in it that has a file of SQL: `20260101000000_a/up.sql`.
fn folder_of_sql(path: &Path) -> Option<String> {
    let has_sql = |folder: &Path| {
        folder.read_dir().is_ok_and(|mut files| files.any(|file| file.is_ok_and(|file| is_sql(&file.path()))))
    };
    let folders = path.read_dir().ok()?.flatten().filter(|entry| has_sql(&entry.path()));
    folders.map(|folder| folder.file_name().to_string_lossy().into_owned()).min()
}

fn is_sql(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "sql")
}
