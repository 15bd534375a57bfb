//! One file of a backup: hashed, counted and, if wanted, compressed while it is written.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use sha2::{Digest, Sha256};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use zstd::stream::write::Encoder;
use zstd::zstd_safe::CParameter;

use crate::backup::error::BackupError;
use crate::backup::manifest::Part;
use crate::error::{Failure, Result};
use crate::pg::{Chunk, ChunkReceiver};

/// zstd's fastest strategy, given what rows need: see [`encoder`].
const LEVEL: i32 = 1;
/// The same rows refer to each other over more than the usual half megabyte; 4 MB cost little memory.
const WINDOW_LOG: u32 = 22;
/// Enough places to remember what is in the window.
const HASH_LOG: u32 = 17;
/// Shorter matches are chance in texts full of UUIDs, and cost more than they save.
const SHORTEST_MATCH: u32 = 7;
/// Bytes that are gathered before they go to the writing thread.
const PIECE: usize = 128 * 1024;
/// Pieces that may wait for the writing thread.
const PIECES: usize = 16;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// As it comes.
    None,
    /// With zstd.
    Zstd,
}

/// Hashes and counts what goes to the file.
struct Counting {
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Write for Counting {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let written = self.file.write(data)?;
        self.hash.update(&data[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

enum Output {
    Plain(io::BufWriter<Counting>),
    Zstd(Box<Encoder<'static, Counting>>),
}

/// A file being written. Only [`PartFile::finish`] makes it a part.
pub(crate) struct PartFile {
    path: PathBuf,
    name: String,
    output: Output,
}

impl PartFile {
    /// A new file that only its owner may read; a file of that name must not exist.
    pub(crate) fn create(folder: &Path, name: &str, compression: Compression) -> Result<Self> {
        let path = folder.join(name);
        let file = create_private(&path).map_err(BackupError::disk("create", &path))?;
        let counting = Counting { file, hash: Sha256::new(), bytes: 0 };
        let output = match compression {
            Compression::None => Output::Plain(io::BufWriter::with_capacity(PIECE, counting)),
            Compression::Zstd => {
                Output::Zstd(Box::new(encoder(counting).map_err(BackupError::disk("compress", &path))?))
            }
        };
        Ok(Self { path, name: name.to_owned(), output })
    }

    /// Writes all of `data`.
    pub(crate) fn write(&mut self, data: &[u8]) -> Result<()> {
        let written = match &mut self.output {
            Output::Plain(writer) => writer.write_all(data),
            Output::Zstd(encoder) => encoder.write_all(data),
        };
        Ok(written.map_err(BackupError::disk("write", &self.path))?)
    }

    /// Flushes it to the disk.
    pub(crate) fn finish(self) -> Result<Part> {
        let Self { path, name, output } = self;
        let finish = || -> io::Result<Counting> {
            let counting = match output {
                Output::Plain(writer) => writer.into_inner().map_err(io::IntoInnerError::into_error)?,
                Output::Zstd(encoder) => encoder.finish()?,
            };
            counting.file.sync_all()?;
            Ok(counting)
        };
        let counting = finish().map_err(BackupError::disk("write", &path))?;
        Ok(Part { file: name, bytes: counting.bytes, sha256: format!("{:x}", counting.hash.finalize()) })
    }
}

/// Smaller and faster than level 3 on dumps with many UUIDs, with many numbers, and on plain text.
fn encoder(to: Counting) -> io::Result<Encoder<'static, Counting>> {
    let mut encoder = Encoder::new(to, LEVEL)?;
    encoder.window_log(WINDOW_LOG)?;
    encoder.set_parameter(CParameter::HashLog(HASH_LOG))?;
    encoder.set_parameter(CParameter::MinMatch(SHORTEST_MATCH))?;
    // zstd's own check as well, so that plain `zstd -t` finds a flipped bit without crmctl.
    encoder.include_checksum(true)?;
    Ok(encoder)
}

/// Creates a file that only its owner may read.
pub(crate) fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A file written by a thread of its own, so that compressing and writing never hold up the connection. What
/// comes in faster than the disk takes it has to wait: memory stays bounded.
pub struct PartWriter {
    gathered: BytesMut,
    sender: mpsc::Sender<Bytes>,
    worker: JoinHandle<Result<Part>>,
}

impl PartWriter {
    pub(crate) fn start(mut writer: PartFile) -> Self {
        let (sender, mut receiver) = mpsc::channel::<Bytes>(PIECES);
        let worker = tokio::task::spawn_blocking(move || {
            while let Some(data) = receiver.blocking_recv() {
                writer.write(&data)?;
            }
            writer.finish()
        });
        Self { gathered: BytesMut::with_capacity(PIECE), sender, worker }
    }

    /// Takes some bytes.
    pub async fn write(&mut self, data: &[u8]) -> Result<()> {
        self.gathered.extend_from_slice(data);
        if self.gathered.len() >= PIECE { self.hand_over().await } else { Ok(()) }
    }

    /// Takes the rows of one `copy .. to stdout` and says how many there were. Must be polled together with the
    /// session that copies. Rows that stop before their end are an error.
    pub async fn copy(&mut self, mut rows: ChunkReceiver) -> Result<u64> {
        let mut count = 0;
        while let Some(chunk) = rows.next().await {
            match chunk {
                Chunk::Data(rows) => {
                    // In the text format a line break is the end of a row; those inside of values are escaped.
                    count += rows.split(|byte| *byte == b'\n').skip(1).count() as u64;
                    self.write(&rows).await?;
                }
                Chunk::End => return Ok(count),
            }
        }
        Err(Failure::from(anyhow::anyhow!("the rows to be backed up stopped in the middle")))
    }

    /// Waits until everything is on the disk.
    pub async fn finish(mut self) -> Result<Part> {
        self.hand_over().await?;
        let Self { sender, worker, .. } = self;
        drop(sender);
        ended(worker).await
    }

    async fn hand_over(&mut self) -> Result<()> {
        let data = self.gathered.split().freeze();
        if data.is_empty() || self.sender.send(data).await.is_ok() {
            return Ok(());
        }
        // The thread only stops listening when it failed.
        ended(&mut self.worker).await.map(drop)
    }
}

async fn ended(
    worker: impl Future<Output = std::result::Result<Result<Part>, tokio::task::JoinError>>,
) -> Result<Part> {
    worker
        .await
        .map_err(|error| anyhow::Error::new(error).context("the thread that writes the backup died"))?
}
