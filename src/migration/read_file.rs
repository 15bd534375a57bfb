//! Reading a migration from the disk: what only looks like a file is not waited for, and names are such as can be shown.

use std::fs;
use std::path::Path;

use crate::migration::directory::DirectoryError;

/// What one message to a server may hold.
const LONGEST: u64 = 1 << 30;

/// The bytes of a file.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, DirectoryError> {
    let failed = |source| DirectoryError::Io { path: path.to_owned(), source };
    let unfit = |reason| Err(DirectoryError::Unfit { path: path.to_owned(), reason });
    // A name that is not UTF-8 was shown as what it is not.
    if path.to_str().is_none_or(|name| name.chars().any(|letter| letter.is_control() || letter == '\u{fffd}'))
    {
        return unfit("its name holds what cannot be shown");
    }
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return unfit("it is no regular file");
    }
    if metadata.len() > LONGEST {
        return unfit("it is longer than a gigabyte, which no server takes at once");
    }
    fs::read(path).map_err(failed)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", at("zero.sql")).unwrap();
        fs::File::create(at("huge.sql")).unwrap().set_len(LONGEST + 1).unwrap();
        for name in ["1_a\nb.sql", "1_a\u{1b}[31m.sql", "1_a\u{fffd}.sql"] {
            fs::write(at(name), "select 1").unwrap();
        }
        fs::write(at("1_a.sql"), "select 1").unwrap();

        for name in ["zero.sql", "huge.sql", "1_a\nb.sql", "1_a\u{1b}[31m.sql", "1_a\u{fffd}.sql"] {
            let error = read_file(&at(name)).unwrap_err();
            assert!(matches!(error, DirectoryError::Unfit { .. }), "{name:?}: {error}");
        }
        assert_eq!(read_file(&at("1_a.sql")).unwrap(), b"select 1");
    }
}
