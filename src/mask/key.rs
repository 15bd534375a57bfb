//! The key that fakes are made with: a secret of the project. Whoever has it can try which fake a value gets.

use std::io::{ErrorKind, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::environment::Secret;
use crate::error::{Failure, Result};

/// The session setting that holds the key while rows are read.
pub(crate) const SETTING: &str = "crmctl.mask_key";

/// The folder of what crmctl keeps in a project and git never sees.
const FOLDER: &str = ".crmctl";
const FILE: &str = "mask.key";

/// The key: `given`, or that of the project, which is made if there is none. Always 64 hexadecimal digits, so that no
/// value can be taken for a part of it.
pub(crate) fn key(root: &Path, given: Option<&str>) -> Result<Secret> {
    let text = match given {
        Some(given) => given.to_owned(),
        None => kept(&root.join(FOLDER))?,
    };
    Ok(of_text(&text))
}

/// The same for a look: None is made where there is none.
pub(crate) fn known_key(root: &Path, given: Option<&str>) -> Result<Option<Secret>> {
    let is_there = given.is_some() || root.join(FOLDER).join(FILE).exists();
    is_there.then(|| key(root, given)).transpose()
}

fn of_text(text: &str) -> Secret {
    Secret::new(format!("{:x}", Sha256::digest(text.trim().as_bytes())))
}

fn kept(folder: &Path) -> Result<String> {
    let path = folder.join(FILE);
    let failed = |error: std::io::Error| {
        Failure::from(anyhow::Error::new(error).context(format!("the key of masks, `{}`", path.display())))
    };
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim().len() >= 32 => return Ok(text),
        Ok(_) => {
            return Err(failed(std::io::Error::new(ErrorKind::InvalidData, "it is too short to be one")));
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    std::fs::create_dir_all(folder).map_err(failed)?;
    // Before the key: a crash in between leaves a folder that git does not see.
    std::fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
    let mut random = [0_u8; 32];
    std::fs::File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut random)).map_err(failed)?;
    let text: String = random.iter().map(|byte| format!("{byte:02x}")).chain(["\n".to_owned()]).collect();
    let staged = folder.join(format!("{FILE}.{}", std::process::id()));
    let mut file =
        std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&staged).map_err(failed)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    // A link fails where another run was faster; its key is the one.
    let placed = written.and_then(|()| std::fs::hard_link(&staged, &path));
    std::fs::remove_file(&staged).map_err(failed)?;
    match placed {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(failed(error)),
        _ => std::fs::read_to_string(&path).map_err(failed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_project_s_key_is_made_once_and_for_nobody_else() {
        let folder = tempfile::tempdir().unwrap();

        assert_eq!(known_key(folder.path(), None).unwrap(), None);
        let first = key(folder.path(), None).unwrap();
        assert_eq!(key(folder.path(), None).unwrap(), first);
        assert_eq!(known_key(folder.path(), None).unwrap(), Some(first.clone()));
        assert_ne!(key(folder.path(), Some("a key of somebody's")).unwrap(), first);
        let file = folder.path().join(".crmctl/mask.key");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path().join(".crmctl")).unwrap().count(), 2);
        assert_eq!(first.expose().len(), 64);
    }
}
