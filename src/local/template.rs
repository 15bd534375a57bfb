//! An initialised data folder with the baseline in it, made once per machine and copied ever after.

use std::path::{Path, PathBuf};

use super::binaries::Binaries;
use super::bootstrap::{self, Grants, SUPERUSER};
use super::cluster::{postgres, temporary_folder};
use super::configuration;
use super::copy::copy_folder;
use super::error::{LocalError, Result, blocking};
use super::home::{Home, short_hash};
use crate::tools::{Account, Invocation, Lease, RunError, run};

/// The way templates are made. To be raised when that changes, so that old ones are not used.
const GENERATION: u32 = 1;

/// The folder of the template; makes it when it is not there yet.
///
/// It appears under its name by a rename when it is complete, so whoever sees it may copy it. Makers wait for each
/// other at a lock that ends with its holder; what a killed one has left, the next one removes.
pub(super) async fn template(
    home: &Home,
    binaries: &Binaries,
    grants: Grants,
    account: Option<&Account>,
) -> Result<PathBuf> {
    let folder = home.templates();
    let baseline = bootstrap::fingerprint(grants);
    let installation = short_hash(binaries.server.as_os_str().as_encoded_bytes());
    let name = format!("{}-{installation}-{}-{baseline}-{GENERATION}", binaries.version, grants.word());
    let template = folder.join(&name);
    if template.exists() {
        return Ok(template);
    }

    std::fs::create_dir_all(&folder).map_err(LocalError::io(&folder))?;
    let _lock = lock(folder.join(format!("{name}.lock"))).await?;
    if template.exists() {
        return Ok(template);
    }
    let scratch = temporary_folder(account)?;
    let data = scratch.path().join("data");
    // Never launched: it only removes the folder, also when we are killed.
    let lease =
        Lease::claim(scratch.path(), &scratch.path().join("log"), &postgres(binaries, &data, account))?;
    let _folder = scratch.keep();
    initialise(binaries, &data, account).await?;
    single_user(binaries, &data, "template1", &bootstrap::cluster_commands(), account).await?;
    single_user(binaries, &data, "postgres", &bootstrap::database_commands(grants), account).await?;

    let partial = folder.join(format!("{name}.partial"));
    let target = template.clone();
    blocking(move || {
        if partial.exists() {
            std::fs::remove_dir_all(&partial).map_err(LocalError::io(&partial))?;
        }
        copy_folder(&data, &partial, None)?;
        std::fs::rename(&partial, &target).map_err(LocalError::io(&target))?;
        lease.end().map_err(LocalError::io(data))
    })
    .await?;
    Ok(template)
}

/// Takes a lock that ends with the file, and so with the process at the latest.
pub(super) async fn lock(path: PathBuf) -> Result<std::fs::File> {
    blocking(move || {
        let file = std::fs::File::options().create(true).truncate(false).write(true).open(&path);
        let file = file.map_err(LocalError::io(&path))?;
        file.lock().map_err(LocalError::io(&path))?;
        Ok(file)
    })
    .await
}

/// `C.UTF-8` sorts like `C` and knows upper and lower case of all letters. Not every system has it.
async fn initialise(binaries: &Binaries, data: &Path, account: Option<&Account>) -> Result<()> {
    let first = run(&initdb(binaries, data, "C.UTF-8", account)).await;
    if let Err(RunError::Failed { stderr, .. }) = &first
        && stderr.contains("locale")
    {
        run(&initdb(binaries, data, "C", account)).await?;
    } else {
        first?;
    }
    let path = data.join("postgresql.conf");
    let mut text = std::fs::read_to_string(&path).map_err(LocalError::io(&path))?;
    text = format!("{text}\ninclude_if_exists = '{}'\n", configuration::FILE);
    std::fs::write(&path, text).map_err(LocalError::io(&path))
}

fn initdb(binaries: &Binaries, data: &Path, locale: &str, account: Option<&Account>) -> Invocation {
    Invocation::new(binaries.program("initdb"))
        .args([
            "--username",
            SUPERUSER,
            "--auth",
            "trust",
            "--encoding",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ])
        .arg(format!("--locale={locale}"))
        .arg("-D")
        .arg(data)
        .setting("LC_ALL", "C")
        .directory("/")
        .as_user(account.cloned())
}

/// Runs commands without starting a server: as the superuser, in one process, each command as a whole or not at all.
async fn single_user(
    binaries: &Binaries,
    data: &Path,
    database: &str,
    commands: &[String],
    account: Option<&Account>,
) -> Result<()> {
    let call = Invocation::new(&binaries.server)
        .args(["--single", "-j", "-F", "-D"])
        .arg(data)
        // Without `exit_on_error` it goes on after an error and ends with 0.
        .args(["-c", "exit_on_error=on", "-c", "log_checkpoints=off", "-c", "wal_level=logical"])
        // The statement would be shown with an error: whole files.
        .args(["-c", "log_min_error_statement=panic", "-c", "lc_messages=C"])
        .arg(database)
        .setting("LC_ALL", "C")
        .directory("/")
        .input(bootstrap::single_user_input(commands))
        .as_user(account.cloned());
    match run(&call).await {
        Ok(_) => Ok(()),
        Err(RunError::Failed { stderr, .. }) => Err(LocalError::Baseline { said: stderr }),
        Err(error) => Err(error.into()),
    }
}
