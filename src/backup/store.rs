//! The folder of backups: what is in it, which one is meant, and whether one is whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::backup::error::BackupError;
use crate::backup::manifest::{BackupId, BackupManifest, FORMAT_VERSION, MANIFEST_FILE, Part};
use crate::backup::partial::Partial;
use crate::environment::EnvironmentName;
use crate::error::Result;

/// What the name of an unfinished backup ends with.
pub(crate) const PARTIAL_SUFFIX: &str = ".partial";
/// The file in it that is locked while it is being made.
pub(crate) const LOCK_FILE: &str = "lock";
/// Unfinished backups older than this, in hours, are tidied away when nobody works on them.
const TIDY_AFTER_HOURS: i64 = 24;

/// A folder of backups.
#[derive(Debug, Clone)]
pub struct Store {
    root: PathBuf,
}

/// A backup that has its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Backup {
    /// What it says about itself.
    #[serde(flatten)]
    pub manifest: BackupManifest,
    /// Its folder.
    pub path: PathBuf,
}

/// What is in the folder of backups.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Backups, oldest first.
    pub backups: Vec<Backup>,
    /// Folders that were never finished.
    pub unfinished: Vec<String>,
    /// Folders whose manifest cannot be read, and why.
    pub unreadable: Vec<(String, String)>,
}

impl Store {
    /// The backups in `root`, which need not exist yet.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Begins a backup, and tidies away what others left unfinished. It is dated after all that are there, also when
    /// this machine's clock was set back: the one made last is `latest`, whatever the clock says.
    pub fn create(&self, environment: &EnvironmentName, now: DateTime<Utc>) -> Result<Partial> {
        self.tidy(now);
        let names =
            std::fs::read_dir(&self.root).into_iter().flatten().flatten().map(|entry| entry.file_name());
        let seconds = names.filter_map(|name| BackupId::of_folder(&name.to_string_lossy()).second());
        let after_newest = seconds.max().map(|newest| newest + TimeDelta::seconds(1));
        let is_behind = |after: &DateTime<Utc>| *after > now + TimeDelta::seconds(1);
        Partial::create(&self.root, environment, after_newest.filter(is_behind).unwrap_or(now))
    }

    /// Reads all manifests.
    pub fn list(&self) -> Result<Listing> {
        let mut listing = Listing::default();
        let entries = match std::fs::read_dir(&self.root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(listing),
            Err(error) => return Err(BackupError::disk("read", &self.root)(error).into()),
        };
        for entry in entries {
            let path = entry.map_err(BackupError::disk("read", &self.root))?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if !path.is_dir() || name.starts_with('.') {
                continue;
            }
            if name.ends_with(PARTIAL_SUFFIX) {
                listing.unfinished.push(name);
                continue;
            }
            match read_manifest(&path) {
                Ok(manifest) => listing.backups.push(Backup { manifest, path }),
                Err(reason) => listing.unreadable.push((name, reason)),
            }
        }
        listing.backups.sort_by(|one, other| {
            (one.manifest.taken_at, &one.manifest.id).cmp(&(other.manifest.taken_at, &other.manifest.id))
        });
        listing.unfinished.sort();
        listing.unreadable.sort();
        Ok(listing)
    }

    /// The backup of this name, the only one whose name begins so, or with `latest` the newest.
    pub fn find(&self, reference: &str) -> Result<Backup> {
        let listing = self.list()?;
        if let Some((id, reason)) = listing.unreadable.iter().find(|(name, _)| name == reference) {
            return Err(BackupError::Damaged { id: id.clone(), problems: reason.clone() }.into());
        }
        let missing = || BackupError::NotFound { reference: reference.to_owned(), folder: self.root.clone() };
        let mut backups = listing.backups;
        if reference == "latest" {
            return Ok(backups.pop().ok_or_else(missing)?);
        }
        if let Some(exact) = backups.iter().position(|backup| backup.manifest.id.as_str() == reference) {
            return Ok(backups.swap_remove(exact));
        }
        backups.retain(|backup| !reference.is_empty() && backup.manifest.id.as_str().starts_with(reference));
        match (backups.len(), backups.pop()) {
            (1, Some(backup)) => Ok(backup),
            (0, _) | (_, None) => Err(missing().into()),
            (count, Some(_)) => Err(BackupError::Ambiguous { reference: reference.to_owned(), count }.into()),
        }
    }

    /// Removes unfinished backups that are old and that nobody works on. What cannot be removed stays: it is
    /// never read, and the next backup tries again.
    fn tidy(&self, now: DateTime<Utc>) {
        let Ok(entries) = std::fs::read_dir(&self.root) else { return };
        for path in entries.flatten().map(|entry| entry.path()) {
            let is_partial = path.to_string_lossy().ends_with(PARTIAL_SUFFIX);
            if is_partial && age_in_hours(&path, now) >= TIDY_AFTER_HOURS && is_unattended(&path) {
                let _ = std::fs::remove_dir_all(&path);
            }
        }
    }
}

fn age_in_hours(path: &Path, now: DateTime<Utc>) -> i64 {
    let modified = path.metadata().and_then(|metadata| metadata.modified());
    modified.map_or(0, |time| (now - DateTime::<Utc>::from(time)).num_hours())
}

fn is_unattended(folder: &Path) -> bool {
    match File::open(folder.join(LOCK_FILE)) {
        Ok(lock) => lock.try_lock().is_ok(),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    }
}

fn read_manifest(folder: &Path) -> std::result::Result<BackupManifest, String> {
    let text = match std::fs::read_to_string(folder.join(MANIFEST_FILE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Err("it has no manifest".to_owned()),
        Err(error) => return Err(format!("its manifest cannot be read: {error}")),
    };
    let manifest: BackupManifest =
        serde_json::from_str(&text).map_err(|error| format!("its manifest is damaged: {error}"))?;
    if manifest.format_version > FORMAT_VERSION {
        return Err(format!("it was written by a newer crmctl, {}", manifest.tools.crmctl));
    }
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    if !manifest.complete || manifest.id != BackupId::of_folder(&name) {
        return Err(format!("its manifest is of another backup, `{}`, or incomplete", manifest.id));
    }
    let is_inside =
        |part: &Part| Path::new(&part.file).components().count() == 1 && !part.file.contains("..");
    if manifest.parts.is_empty() || !manifest.parts.iter().all(is_inside) {
        return Err("its manifest names no files, or files outside of it".to_owned());
    }
    Ok(manifest)
}

impl Backup {
    /// Reads every file and says what is wrong with it; nothing if the backup is whole.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        self.manifest.parts.iter().filter_map(|part| self.problem_of(part).err()).collect()
    }

    /// An error unless the backup is whole.
    pub fn verify(&self) -> Result<()> {
        let problems = self.problems();
        if problems.is_empty() {
            return Ok(());
        }
        Err(BackupError::Damaged { id: self.manifest.id.to_string(), problems: problems.join("; ") }.into())
    }

    fn problem_of(&self, part: &Part) -> std::result::Result<(), String> {
        let name = &part.file;
        let mut file = match File::open(self.path.join(name)) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(format!("`{name}` is missing"));
            }
            Err(error) => return Err(format!("`{name}` cannot be read: {error}")),
        };
        let mut hash = Sha256::new();
        let mut bytes = 0_u64;
        let mut buffer = vec![0; 256 * 1024];
        loop {
            match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => {
                    hash.update(&buffer[..count]);
                    bytes += count as u64;
                }
                Err(error) => return Err(format!("`{name}` cannot be read: {error}")),
            }
        }
        if bytes != part.bytes {
            return Err(format!("`{name}` has {bytes} bytes instead of {}", part.bytes));
        }
        if format!("{:x}", hash.finalize()) != part.sha256 {
            return Err(format!("`{name}` has other contents than when it was written"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
