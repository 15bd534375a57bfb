//! Copying a data folder.

use std::path::Path;

use super::error::{LocalError, Result};
use super::user;
use crate::tools::Account;

/// Copies a folder with all it contains, with the permissions, and gives the copy to the account.
/// The copy must not exist: nothing is ever merged into a data folder.
pub(super) fn copy_folder(from: &Path, to: &Path, account: Option<&Account>) -> Result<()> {
    std::fs::create_dir(to).map_err(LocalError::io(to))?;
    let permissions = from.metadata().map_err(LocalError::io(from))?.permissions();
    // At once, so that the account can remove what a killed copy leaves.
    std::fs::set_permissions(to, permissions).map_err(LocalError::io(to))?;
    user::give(to, account)?;
    for entry in from.read_dir().map_err(LocalError::io(from))? {
        let entry = entry.map_err(LocalError::io(from))?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(LocalError::io(&source))?;
        if kind.is_dir() {
            copy_folder(&source, &target, account)?;
        } else if kind.is_file() {
            std::fs::copy(&source, &target).map_err(LocalError::io(&target))?;
            user::give(&target, account)?;
        } else {
            return Err(LocalError::Folder { path: source, what: "neither a file nor a folder".into() });
        }
    }
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_copy_has_all_files_and_the_permissions() {
        let folder = tempfile::tempdir().unwrap();
        let from = folder.path().join("from");
        std::fs::create_dir_all(from.join("base/1")).unwrap();
        std::fs::write(from.join("base/1/PG_VERSION"), "15").unwrap();
        std::fs::set_permissions(&from, std::fs::Permissions::from_mode(0o700)).unwrap();

        let to = folder.path().join("to");
        copy_folder(&from, &to, None).unwrap();
        assert_eq!(std::fs::read_to_string(to.join("base/1/PG_VERSION")).unwrap(), "15");
        assert_eq!(to.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        assert!(copy_folder(&from, &to, None).is_err(), "nothing is merged");
    }
}
