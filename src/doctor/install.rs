//! Getting PostgreSQL onto a machine that has none, with its own package manager and after consent.

use std::path::PathBuf;
use std::time::Duration;

use crate::cancel::Cancel;
use crate::doctor::InstallError;
use crate::error::Result;
use crate::local::{Binaries, Home, is_root};
use crate::plan::Progress;
use crate::tools::{Invocation, PackageManager, SearchPath, ToolName, find as find_tool, installation, run};

/// How often the lock of another installation is looked at.
const LOCK_PAUSE: Duration = Duration::from_millis(200);

/// Where PostgreSQL is looked for, and who is told.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    /// The folder with the lock that keeps two installations apart.
    pub home: &'a Home,
    /// Where programs are looked for.
    pub search: &'a SearchPath,
    /// Raised when the user asks to stop.
    pub cancel: &'a Cancel,
    /// Who is told.
    pub progress: &'a dyn Progress,
}

/// The server that is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ensured {
    /// Its programs.
    pub binaries: Binaries,
    /// The command that has brought it; none when it was there already.
    pub installed_with: Option<String>,
}

/// Finds a PostgreSQL server with its clients, or installs one: `agree` is asked one question, which holds the very
/// command, unless everything is there. Several processes may do this at once.
pub async fn ensure_postgres(site: Site<'_>, agree: impl FnOnce(&str) -> Result<bool>) -> Result<Ensured> {
    let find = async || look(site.search).await;
    ensure(site, &Way::of_machine(site.search), find, agree).await
}

/// The server, if its clients are there as well; else what is missing, as a sentence without its full stop.
async fn look(search: &SearchPath) -> Result<Binaries, String> {
    let binaries = Binaries::find(search).await.map_err(|error| error.to_string())?;
    find_tool(ToolName::PgDump, binaries.major, search).await.map_err(|error| error.to_string())?;
    Ok(binaries)
}

/// What this machine offers.
enum Way {
    /// Run this, which a person would write so.
    Run { command: String, invocation: Invocation },
    /// A package manager, and no right to use it.
    NotRoot { command: String },
    /// No package manager we know.
    None,
}

impl Way {
    fn of_machine(search: &SearchPath) -> Self {
        let is_root = is_root();
        match (installation(search, is_root), PackageManager::detect(search)) {
            (Some((manager, invocation)), _) => {
                let is_direct = is_root || manager == PackageManager::Brew;
                let command = format!("{}{}", if is_direct { "" } else { "sudo " }, manager.summary());
                Self::Run { command, invocation }
            }
            (None, Some((manager, _))) => Self::NotRoot { command: manager.summary().to_owned() },
            (None, None) => Self::None,
        }
    }
}

async fn ensure(
    site: Site<'_>,
    way: &Way,
    find: impl AsyncFn() -> Result<Binaries, String>,
    agree: impl FnOnce(&str) -> Result<bool>,
) -> Result<Ensured> {
    let there = |binaries| Ok(Ensured { binaries, installed_with: None });
    let missing = match find().await {
        Ok(binaries) => return there(binaries),
        Err(missing) => missing,
    };
    if let Some(folder) = site.search.pg_bin.clone() {
        return Err(InstallError::Elsewhere { missing, folder }.into());
    }
    let (command, invocation) = match way {
        Way::Run { command, invocation } => (command.clone(), invocation),
        Way::NotRoot { command } => {
            return Err(InstallError::NotRoot { missing, command: command.clone() }.into());
        }
        Way::None => return Err(InstallError::NoPackageManager { missing }.into()),
    };
    if !agree(&format!("{missing}; run `{command}`?"))? {
        return Err(InstallError::Declined { missing, command }.into());
    }

    let _lock = lock(site).await?;
    // Whoever held the lock may have done it.
    if let Ok(binaries) = find().await {
        return there(binaries);
    }
    site.progress.notice(&format!("{missing}; running `{command}`"));
    site.progress.phase("installing PostgreSQL", 0);
    // The first Ctrl-C is not heeded here: a package manager that is killed leaves packages half-configured.
    let result = run(invocation).await;
    site.progress.finish();
    if let Err(error) = result {
        return Err(InstallError::Failed { command, reason: Box::new(error) }.into());
    }
    match find().await {
        Ok(binaries) => Ok(Ensured { binaries, installed_with: Some(command) }),
        Err(missing) => Err(InstallError::StillMissing { missing, command }.into()),
    }
}

/// One installation at a time. The lock ends with the file, and so with the process at the latest.
async fn lock(site: Site<'_>) -> Result<std::fs::File, InstallError> {
    let folder = site.home.folder();
    let failed = |path: PathBuf| move |source| InstallError::Lock { path, source };
    std::fs::create_dir_all(folder).map_err(failed(folder.to_owned()))?;
    let path = folder.join("install.lock");
    let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path);
    let file = file.map_err(failed(path.clone()))?;
    let mut has_waited = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(std::fs::TryLockError::Error(source)) => return Err(failed(path)(source)),
            Err(std::fs::TryLockError::WouldBlock) => {}
        }
        if !std::mem::replace(&mut has_waited, true) {
            site.progress.notice("waiting for another crmctl, which is installing PostgreSQL");
        }
        tokio::select! {
            () = tokio::time::sleep(LOCK_PAUSE) => {}
            () = site.cancel.raised() => return Err(InstallError::Interrupted),
        }
    }
}

#[cfg(test)]
#[cfg(unix)]
mod tests;
