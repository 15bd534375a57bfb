//! Stand-ins for extensions that come with the platform only, so that migrations which create and call them run on a
//! server of ours. A server finds its extensions beside its own program. So it is a copy of that program which runs,
//! in a folder where all else is a link to the installed one, but for the extensions that are added.

mod list;

use std::io::Write;
use std::path::{Path, PathBuf};

use self::list::{STANDINS, Standin};
use super::binaries::Binaries;
use super::error::{LocalError, Result, blocking};
use super::home::{Home, short_hash};
use super::template::lock;
use super::user;
use crate::tools::{Account, SearchPath, program_directories, version_of};

/// How such folders are made. To be raised when that changes, so that old ones are not used.
const GENERATION: u32 = 1;

/// The same server, with the stand-ins for those extensions it does not have. As it is where that cannot be done: it is
/// installed in an unusual way, or its user cannot get to the folder.
pub(super) async fn equip(home: &Home, binaries: Binaries, account: Option<&Account>) -> Result<Binaries> {
    let folder = home.servers();
    let Some(installed) = Installed::of(&binaries.server, binaries.major) else { return Ok(binaries) };
    if user::check_reachable(&folder.join("server"), account).is_err() {
        return Ok(binaries);
    }
    let standins: Vec<&Standin> = STANDINS.iter().filter(|standin| installed.needs(standin)).collect();
    let place = folder.join(name_of(&binaries, &standins));
    let server = below(&place, &installed.bin).join("postgres");
    if !server.exists() {
        std::fs::create_dir_all(&folder).map_err(LocalError::io(&folder))?;
        let _lock = lock(place.with_extension("lock")).await?;
        if !server.exists() {
            let partial = place.with_extension("partial");
            let (source, folder) = (installed.clone(), partial.clone());
            blocking(move || source.build(&folder, &standins)).await?;
            let trial = below(&partial, &installed.bin).join("postgres");
            // Not every program runs from another folder than its own.
            if version_of(&trial).await.is_none_or(|version| version.text != binaries.version) {
                return Ok(binaries);
            }
            std::fs::rename(&partial, &place).map_err(LocalError::io(&place))?;
        }
    }
    refresh(home, &installed)?;
    Ok(Binaries { server, ..binaries })
}

/// Lets servers that run already have what was installed since: `apt install postgresql-17-pgvector`, and go on.
pub(super) fn refresh_running(home: &Home, search: &SearchPath, major: Option<u32>) -> Result<()> {
    let Some(major) = major else { return Ok(()) };
    let found = program_directories(search).into_iter();
    for installed in found.filter_map(|bin| Installed::of(&bin.join("postgres"), major)) {
        refresh(home, &installed)?;
    }
    Ok(())
}

fn refresh(home: &Home, installed: &Installed) -> Result<()> {
    // Without the folder there is nothing to be refreshed.
    let Ok(places) = home.servers().read_dir() else { return Ok(()) };
    // One that is being built has an extension to its name, and must not get links before the stand-ins are in it.
    let whole = places.flatten().map(|place| place.path()).filter(|place| place.extension().is_none());
    let copies = whole.map(|place| below(&place, &installed.extensions()));
    copies.filter(|copy| copy.is_dir()).try_for_each(|copy| link_entries(&installed.extensions(), &copy))
}

/// Tells this machine's servers, and what stands in for what, from one another.
fn name_of(binaries: &Binaries, standins: &[&Standin]) -> String {
    let mut text = binaries.bin.to_string_lossy().into_owned();
    for (name, content) in standins.iter().flat_map(|standin| standin.files()) {
        text.extend(["\0", &name, "\0", &content]);
    }
    // Behind a hyphen: what follows the last full stop is put in place of by the names of lock and half-built folder.
    format!("{}-{GENERATION}-{}", binaries.version.replace('.', "-"), short_hash(text.as_bytes()))
}

/// An absolute path, in another folder.
fn below(place: &Path, path: &Path) -> PathBuf {
    path.strip_prefix("/").map_or_else(|_| place.join(path), |rest| place.join(rest))
}

/// Where the parts of an installed server are.
#[derive(Debug, Clone)]
struct Installed {
    bin: PathBuf,
    share: PathBuf,
}

impl Installed {
    /// By the layouts of Debian, of a build from source or a Python wheel, of PGDG's RPMs and of Fedora.
    fn of(program: &Path, major: u32) -> Option<Self> {
        // The server itself looks at where its program really is.
        let program = program.canonicalize().ok()?;
        let bin = program.parent()?.to_owned();
        let above = bin.parent()?;
        let debian = PathBuf::from("/usr/share/postgresql").join(major.to_string());
        let shares = ["share/postgresql", "share", "share/pgsql"].map(|name| above.join(name));
        let is_share = |folder: &PathBuf| folder.join("extension/plpgsql.control").is_file();
        let share = std::iter::once(debian)
            .filter(|_| bin.starts_with("/usr/lib/postgresql"))
            .chain(shares)
            .find(is_share)?;
        Some(Self { bin, share })
    }

    fn extensions(&self) -> PathBuf {
        self.share.join("extension")
    }

    fn needs(&self, standin: &Standin) -> bool {
        standin.always || !self.extensions().join(format!("{}.control", standin.name)).exists()
    }

    /// Makes the folder. Relative to each other the parts are where they were: that is how the server finds them.
    fn build(&self, place: &Path, standins: &[&Standin]) -> Result<()> {
        if place.exists() {
            std::fs::remove_dir_all(place).map_err(LocalError::io(place))?;
        }
        let bin = below(place, &self.bin);
        let extensions = below(place, &self.extensions());
        for folder in [&bin, &extensions] {
            std::fs::create_dir_all(folder).map_err(LocalError::io(folder))?;
        }
        let program = bin.join("postgres");
        std::fs::copy(self.bin.join("postgres"), &program).map_err(LocalError::io(&program))?;
        for (name, content) in standins.iter().flat_map(|standin| standin.files()) {
            let path = extensions.join(name);
            // Never through a link into the installed folder.
            let file = std::fs::File::create_new(&path);
            file.and_then(|mut file| file.write_all(content.as_bytes())).map_err(LocalError::io(&path))?;
        }
        let libraries = self.bin.parent().unwrap_or(&self.bin).to_owned();
        for folder in [libraries, self.share.clone(), self.extensions()] {
            link_entries(&folder, &below(place, &folder))?;
        }
        open_to_all(place)
    }
}

/// Links to everything in a folder that is not in the other one already.
fn link_entries(from: &Path, to: &Path) -> Result<()> {
    for entry in from.read_dir().map_err(LocalError::io(from))? {
        let path = entry.map_err(LocalError::io(from))?.path();
        let target = path.file_name().map(|name| to.join(name)).filter(|target| !target.exists());
        let Some(target) = target else { continue };
        #[cfg(unix)]
        match std::os::unix::fs::symlink(&path, &target) {
            // Somebody else was faster.
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            other => other.map_err(LocalError::io(&target))?,
        }
        #[cfg(not(unix))]
        return Err(LocalError::Unsupported);
    }
    Ok(())
}

/// Whatever the umask is, the server's account may read it.
fn open_to_all(path: &Path) -> Result<()> {
    let metadata = path.symlink_metadata().map_err(LocalError::io(path))?;
    if metadata.is_symlink() {
        return Ok(());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let is_program = metadata.is_dir() || path.file_name().is_some_and(|name| name == "postgres");
        let mode = std::fs::Permissions::from_mode(if is_program { 0o755 } else { 0o644 });
        std::fs::set_permissions(path, mode).map_err(LocalError::io(path))?;
    }
    if metadata.is_dir() {
        for entry in path.read_dir().map_err(LocalError::io(path))? {
            open_to_all(&entry.map_err(LocalError::io(path))?.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_folder_has_the_program_the_stand_ins_and_links_to_all_else() {
        let (machine, place) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let root = machine.path().canonicalize().unwrap();
        for folder in ["bin", "lib", "share/postgresql/extension"] {
            std::fs::create_dir_all(root.join(folder)).unwrap();
        }
        for file in ["bin/postgres", "lib/plpgsql.so", "share/postgresql/extension/plpgsql.control"] {
            std::fs::write(root.join(file), "installed").unwrap();
        }
        let hypopg = root.join("share/postgresql/extension/hypopg.control");
        std::fs::write(&hypopg, "installed").unwrap();
        let bin = root.join("bin");
        let home = Home::new(place.path());
        let installed = Installed::of(&bin.join("postgres"), 17).unwrap();
        let standins: Vec<&Standin> = STANDINS.iter().filter(|standin| installed.needs(standin)).collect();
        let copy = home.servers().join("copy");
        installed.build(&copy, &standins).unwrap();
        let read = |path: &str| std::fs::read_to_string(below(&copy, &root.join(path))).unwrap();
        assert_eq!(read("lib/plpgsql.so"), "installed");
        assert_eq!(read("share/postgresql/extension/hypopg.control"), "installed", "the real one is taken");
        assert!(read("share/postgresql/extension/pgjwt.control").contains("requires = 'pgcrypto'"));
        let program = below(&copy, &root.join("bin/postgres")).symlink_metadata().unwrap();
        assert!(program.is_file(), "a link would lead back to the installed folder");

        std::fs::write(root.join("share/postgresql/extension/vector.control"), "new").unwrap();
        refresh(&home, &installed).unwrap();
        assert_eq!(read("share/postgresql/extension/vector.control"), "new");
    }
}
