//! A backup in the making: a folder that nobody takes for a backup until it is whole and safe on the disk.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use chrono::{DateTime, Utc};

use crate::backup::error::BackupError;
use crate::backup::manifest::{
    BackupId, BackupKind, BackupManifest, FORMAT_VERSION, MANIFEST_FILE, Origin, Part, TableContents,
    ToolVersions,
};
use crate::backup::part::{Compression, PartFile, PartWriter, create_private};
use crate::backup::store::{Backup, LOCK_FILE, PARTIAL_SUFFIX};
use crate::environment::{DatabaseUrl, EnvironmentName};
use crate::error::Result;

/// What a manifest says beyond what [`Partial`] knows by itself.
#[derive(Debug, Clone)]
pub struct Description {
    /// What it holds.
    pub kind: BackupKind,
    /// Where it came from.
    pub source: Origin,
    /// `server_version` of the source.
    pub server_version: String,
    /// The version of `pg_dump`, if it was used.
    pub pg_dump: Option<String>,
    /// The newest migration of the source.
    pub history_head: Option<String>,
    /// The hash of the source's schema.
    pub catalog_hash: Option<String>,
    /// What each table held.
    pub tables: Vec<TableContents>,
}

impl Origin {
    /// The address in `url`, without its secrets.
    #[must_use]
    pub fn of(url: &DatabaseUrl, project_ref: Option<&str>) -> Self {
        Self {
            host: url.host().to_owned(),
            port: url.port(),
            database: url.database().to_owned(),
            project_ref: project_ref.map(str::to_owned),
        }
    }
}

/// A backup in the making. Dropping it removes what there is of it.
#[derive(Debug)]
pub struct Partial {
    id: BackupId,
    environment: EnvironmentName,
    taken_at: DateTime<Utc>,
    started: Instant,
    /// `<id>.partial`; none once it has its name.
    folder: Option<PathBuf>,
    root: PathBuf,
    /// Held as long as somebody works on it: others must not tidy it away.
    lock: Option<File>,
}

impl Partial {
    pub(crate) fn create(root: &Path, environment: &EnvironmentName, now: DateTime<Utc>) -> Result<Self> {
        create_private_folders(root).map_err(BackupError::disk("create", root))?;
        let mut attempt = 1;
        let (id, folder) = loop {
            let id = BackupId::new(environment, now, attempt);
            let folder = root.join(format!("{id}{PARTIAL_SUFFIX}"));
            let taken = root.join(id.as_str()).exists();
            match if taken {
                Err(io::ErrorKind::AlreadyExists.into())
            } else {
                private_folder(&folder, false)
            } {
                Ok(()) => break (id, folder),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => attempt += 1,
                Err(error) => return Err(BackupError::disk("create", &folder)(error).into()),
            }
        };
        let mut partial = Self {
            id,
            environment: environment.clone(),
            taken_at: now,
            started: Instant::now(),
            folder: Some(folder.clone()),
            root: root.to_owned(),
            lock: None,
        };
        let path = folder.join(LOCK_FILE);
        let lock = create_private(&path).map_err(BackupError::disk("create", &path))?;
        lock.lock().map_err(BackupError::disk("lock", &path))?;
        partial.lock = Some(lock);
        Ok(partial)
    }

    /// The name it will have.
    #[must_use]
    pub fn id(&self) -> &BackupId {
        &self.id
    }

    /// Where it will be.
    #[must_use]
    pub fn destination(&self) -> PathBuf {
        self.root.join(self.id.as_str())
    }

    /// Opens a file of it, which a thread of its own writes.
    pub fn part(&self, name: &str, compression: Compression) -> Result<PartWriter> {
        Ok(PartWriter::start(PartFile::create(self.folder(), name, compression)?))
    }

    fn folder(&self) -> &Path {
        self.folder.as_deref().unwrap_or(&self.root)
    }

    /// Writes the manifest and gives the backup its name. `parts` are in the order in which they are restored.
    ///
    /// A crash before the rename leaves a `.partial` folder, which is never read; after it, a whole backup.
    pub fn finish(mut self, description: Description, parts: Vec<Part>) -> Result<Backup> {
        let manifest = BackupManifest {
            format_version: FORMAT_VERSION,
            id: self.id.clone(),
            kind: description.kind,
            environment: self.environment.clone(),
            source: description.source,
            server_version: description.server_version,
            tools: ToolVersions {
                crmctl: env!("CARGO_PKG_VERSION").to_owned(),
                pg_dump: description.pg_dump,
            },
            taken_at: self.taken_at,
            duration_ms: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            history_head: description.history_head,
            catalog_hash: description.catalog_hash,
            tables: description.tables,
            parts,
            complete: true,
        };
        let folder = self.folder().to_owned();
        let path = folder.join(MANIFEST_FILE);
        let text = serde_json::to_string_pretty(&manifest).map_err(anyhow::Error::new)?;
        let write = || {
            let mut file = create_private(&path)?;
            file.write_all(text.as_bytes())?;
            file.write_all(b"\n")?;
            file.sync_all()
        };
        write().map_err(BackupError::disk("write", &path))?;
        let lock = folder.join(LOCK_FILE);
        std::fs::remove_file(&lock).map_err(BackupError::disk("remove", &lock))?;
        sync_folder(&folder).map_err(BackupError::disk("write", &folder))?;
        let destination = self.destination();
        std::fs::rename(&folder, &destination).map_err(BackupError::disk("rename", &folder))?;
        self.folder = None;
        sync_folder(&self.root).map_err(BackupError::disk("write", &self.root))?;
        Ok(Backup { manifest, path: destination })
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(folder) = self.folder.take() {
            // A leftover is harmless: it is named by `backup list` and tidied away by a later backup.
            let _ = std::fs::remove_dir_all(folder);
        }
    }
}

/// Creates a folder and those above it; the folder itself is its owner's only. An existing one is left as it is.
fn create_private_folders(folder: &Path) -> io::Result<()> {
    if folder.is_dir() { Ok(()) } else { private_folder(folder, true) }
}

fn private_folder(folder: &Path, recursive: bool) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(recursive);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Flushes the entries of a folder. Systems without folders as files do it by themselves.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}
