//! Installing PostgreSQL with the system's own package manager. The caller has shown the command and got consent.

use std::path::{Path, PathBuf};

use super::installations::SearchPath;
use super::invocation::Invocation;

/// A package manager we know how to ask for PostgreSQL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PackageManager {
    /// Debian, Ubuntu.
    AptGet,
    /// Fedora, RHEL.
    Dnf,
    /// Arch.
    Pacman,
    /// Alpine.
    Apk,
    /// macOS, and Linux where somebody chose it.
    Brew,
}

/// Debian makes and starts a server called `main` when the package is new. A drop-in for the time of the installation
/// prevents it, and its removal leaves later decisions to whoever administers the machine. Package lists are
/// only fetched when what is there does not suffice: containers come without any, and old ones name what is gone.
const APT_GET: &str = r#"set -e
dropin=/etc/postgresql-common/createcluster.d/crmctl.conf
mkdir -p "${dropin%/*}"
trap 'rm -f "$dropin"' EXIT
echo 'create_main_cluster = false' >"$dropin"
install() { apt-get install -y --no-install-recommends postgresql postgresql-client; }
install || { apt-get update && install; }"#;

impl PackageManager {
    const ALL: [Self; 5] = [Self::AptGet, Self::Dnf, Self::Pacman, Self::Apk, Self::Brew];

    fn program(self) -> &'static str {
        match self {
            Self::AptGet => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Apk => "apk",
            Self::Brew => "brew",
        }
    }

    /// The first one of this machine, with the place of its program.
    #[must_use]
    pub fn detect(search: &SearchPath) -> Option<(Self, PathBuf)> {
        Self::ALL.into_iter().find_map(|manager| Some((manager, on_path(manager.program(), search)?)))
    }

    /// What is shown to the person who is asked.
    #[must_use]
    pub fn summary(self) -> &'static str {
        match self {
            Self::AptGet => "apt-get install -y --no-install-recommends postgresql postgresql-client",
            Self::Dnf => "dnf install -y postgresql-server postgresql",
            Self::Pacman => "pacman -S --noconfirm --needed postgresql",
            Self::Apk => "apk add postgresql17 postgresql17-client",
            Self::Brew => "brew install postgresql@17",
        }
    }

    /// The command itself. Homebrew refuses to work for root; the others work for nobody else.
    fn command(self, program: &Path) -> Invocation {
        let mut words = self.summary().split(' ');
        words.next();
        match self {
            Self::AptGet => {
                Invocation::new("/bin/sh").args(["-c", APT_GET]).setting("DEBIAN_FRONTEND", "noninteractive")
            }
            Self::Dnf | Self::Pacman | Self::Apk | Self::Brew => Invocation::new(program).args(words),
        }
    }
}

/// The call that installs PostgreSQL's server and clients here, through `sudo` where that is needed. Nothing
/// when there is no package manager we know, or no way to become root.
#[must_use]
pub fn installation(search: &SearchPath, is_root: bool) -> Option<(PackageManager, Invocation)> {
    let (manager, program) = PackageManager::detect(search)?;
    let call = privileged(manager, manager.command(&program), is_root, on_path("sudo", search))?;
    Some((manager, call))
}

fn privileged(
    manager: PackageManager,
    call: Invocation,
    is_root: bool,
    sudo: Option<PathBuf>,
) -> Option<Invocation> {
    if is_root || manager == PackageManager::Brew {
        return Some(call);
    }
    // sudo clears the environment, so `env` sets it again behind it. `-n`: without a password at hand it fails
    // with a message instead of waiting for one that nobody sees asked for.
    let mut through = Invocation::new(sudo?).args(["-n", "env"]);
    through = through.args(call.settings.iter().map(|(name, value)| format!("{name}={value}")));
    Some(through.arg(call.program).args(call.arguments))
}

fn on_path(program: &str, search: &SearchPath) -> Option<PathBuf> {
    let directories = search.path.iter().flat_map(std::env::split_paths);
    directories.map(|directory| directory.join(program)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_is_asked_for_server_and_client_without_a_running_cluster() {
        let call = PackageManager::AptGet.command(Path::new("/usr/bin/apt-get"));

        let script = call.arguments[1].to_str().unwrap();
        assert!(script.contains(PackageManager::AptGet.summary()), "what is shown is what is run");
        assert!(script.contains("create_main_cluster = false") && script.contains("apt-get update"));
        assert_eq!(call.settings, [("DEBIAN_FRONTEND".to_owned(), "noninteractive".to_owned())]);
    }

    #[test]
    fn others_are_called_directly() {
        let call = PackageManager::Dnf.command(Path::new("/usr/bin/dnf"));

        let expected =
            Invocation::new("/usr/bin/dnf").args(["install", "-y", "postgresql-server", "postgresql"]);
        assert_eq!(call, expected);
    }

    #[test]
    fn whoever_is_not_root_goes_through_sudo_and_brew_never_does() {
        let apt_get = PackageManager::AptGet.command(Path::new("/usr/bin/apt-get"));
        let brew = PackageManager::Brew.command(Path::new("/opt/homebrew/bin/brew"));
        let sudo = || Some(PathBuf::from("/usr/bin/sudo"));

        let call = privileged(PackageManager::AptGet, apt_get.clone(), false, sudo()).unwrap();
        assert_eq!(call.program, Path::new("/usr/bin/sudo"));
        assert_eq!(call.arguments[..4], ["-n", "env", "DEBIAN_FRONTEND=noninteractive", "/bin/sh"]);
        assert_eq!(privileged(PackageManager::AptGet, apt_get, false, None), None);
        assert_eq!(privileged(PackageManager::Brew, brew.clone(), false, sudo()), Some(brew));
    }
}
