//! As whom the server runs: PostgreSQL refuses to be root.

use std::path::Path;

use super::error::{LocalError, Result};
use crate::tools::Account;

/// Whether we are root.
pub(crate) fn is_root() -> bool {
    #[cfg(unix)]
    return nix::unistd::geteuid().is_root();
    #[cfg(not(unix))]
    false
}

/// The account to become: nobody else when we are not root, `postgres` or else `nobody` when we are.
#[cfg(unix)]
pub(super) fn account() -> Result<Option<Account>> {
    use nix::unistd::User;
    if !is_root() {
        return Ok(None);
    }
    let user = ["postgres", "nobody"].iter().find_map(|name| User::from_name(name).ok().flatten());
    let user = user.ok_or(LocalError::NoAccount)?;
    Ok(Some(Account { name: user.name, uid: user.uid.as_raw(), gid: user.gid.as_raw() }))
}

/// See above.
#[cfg(not(unix))]
pub(super) fn account() -> Result<Option<Account>> {
    Err(LocalError::Unsupported)
}

/// Gives a file or folder to the account.
pub(super) fn give(path: &Path, account: Option<&Account>) -> Result<()> {
    #[cfg(unix)]
    if let Some(account) = account {
        std::os::unix::fs::chown(path, Some(account.uid), Some(account.gid)).map_err(LocalError::io(path))?;
    }
    #[cfg(not(unix))]
    let _ = (path, account);
    Ok(())
}

/// Makes a folder that only the account may enter. Its parents are made as usual.
pub(super) fn private_folder(path: &Path, account: Option<&Account>) -> Result<()> {
    std::fs::create_dir_all(path).map_err(LocalError::io(path))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::Permissions::from_mode(0o700);
        std::fs::set_permissions(path, mode).map_err(LocalError::io(path))?;
    }
    give(path, account)
}

/// Refuses a folder that the account cannot get to, before the server does in less clear words.
pub(super) fn check_reachable(folder: &Path, account: Option<&Account>) -> Result<()> {
    #[cfg(unix)]
    if let Some(account) = account {
        use std::os::unix::fs::MetadataExt;
        for ancestor in folder.ancestors().skip(1) {
            let Ok(metadata) = ancestor.metadata() else { continue };
            let bit = match (metadata.uid() == account.uid, metadata.gid() == account.gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if metadata.mode() & bit == 0 {
                let (folder, account) = (ancestor.to_owned(), account.name.clone());
                return Err(LocalError::Unreachable { folder, account });
            }
        }
    }
    #[cfg(not(unix))]
    let _ = (folder, account);
    Ok(())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_below_a_closed_one_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        private_folder(folder.path(), None).unwrap();
        let stranger = Account { name: "stranger".into(), uid: 12345, gid: 12345 };

        let error = check_reachable(&folder.path().join("data"), Some(&stranger)).unwrap_err();
        assert!(matches!(error, LocalError::Unreachable { folder: closed, .. } if closed == folder.path()));
        assert!(check_reachable(folder.path(), Some(&stranger)).is_ok(), "the folder itself becomes theirs");
    }
}
