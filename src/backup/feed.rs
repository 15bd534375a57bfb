//! Feeding a restore: a thread reads and decompresses the files while the connection is busy with what is read.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::poll_fn;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use crate::backup::error::BackupError;
use crate::backup::script::{Piece, ScriptReader};
use crate::pg::{Chunk, ChunkReceiver, CopySink, channel};

/// Pieces that may wait to be sent.
const ITEMS: usize = 16;

/// What the reading thread hands on.
pub(crate) enum Item {
    Statement { sql: String, line: u64 },
    Copy { sql: String, line: u64, rows: ChunkReceiver },
}

/// Tells the reading thread to stop when whoever needs its pieces is gone.
pub(crate) struct StopOnDrop(pub(crate) Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

pub(crate) type Items = mpsc::Receiver<std::result::Result<Item, BackupError>>;

/// Reads a file of a backup in a thread of its own; setting the flag makes it stop.
pub(crate) fn read(backup: &Path, file: &str) -> (Items, Arc<AtomicBool>) {
    let (sender, items) = mpsc::channel(ITEMS);
    let stop = Arc::new(AtomicBool::new(false));
    let (path, file, flag, handle) =
        (backup.join(file), file.to_owned(), Arc::clone(&stop), Handle::current());
    tokio::task::spawn_blocking(move || {
        let feeder = Feeder { sender, stop: flag, handle };
        let mut sink = None;
        if let Err(error) = feeder.feed(&path, &file, &mut sink) {
            // Nobody listens any more when the restore failed for another reason. The COPY that is being fed fails only
            // behind this: what the server says of it is not why.
            let _ = feeder.sender.blocking_send(Err(error));
        }
    });
    (items, stop)
}

struct Feeder {
    sender: mpsc::Sender<std::result::Result<Item, BackupError>>,
    stop: Arc<AtomicBool>,
    handle: Handle,
}

impl Feeder {
    /// The sink is that of the COPY being fed: dropped without an end it tells the server that the COPY failed.
    fn feed(
        &self,
        path: &Path,
        name: &str,
        sink: &mut Option<CopySink>,
    ) -> std::result::Result<(), BackupError> {
        let file = std::fs::File::open(path).map_err(BackupError::disk("read", path))?;
        let reader: Box<dyn std::io::BufRead> =
            if path.extension().is_some_and(|extension| extension == "zst") {
                let decoder =
                    zstd::stream::read::Decoder::new(file).map_err(BackupError::disk("read", path))?;
                Box::new(std::io::BufReader::with_capacity(128 * 1024, decoder))
            } else {
                Box::new(std::io::BufReader::with_capacity(128 * 1024, file))
            };
        let mut script = ScriptReader::new(reader, name);
        while let Some(piece) = script.next_piece()? {
            let is_heard = match piece {
                Piece::Statement { sql, line } => self.hand_on(Item::Statement { sql, line }),
                Piece::Copy { sql, line } => {
                    let (feeding, rows) = channel();
                    *sink = Some(feeding);
                    self.hand_on(Item::Copy { sql, line, rows })
                }
                Piece::Data(data) => self.put(sink.as_mut(), Chunk::Data(data)),
                Piece::End => self.put(sink.take().as_mut(), Chunk::End),
            };
            if !is_heard || self.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
        }
        Ok(())
    }

    fn hand_on(&self, item: Item) -> bool {
        self.sender.blocking_send(Ok(item)).is_ok()
    }

    fn put(&self, sink: Option<&mut CopySink>, chunk: Chunk) -> bool {
        let Some(sink) = sink else { return false };
        sink.put(chunk);
        self.handle.block_on(poll_fn(|cx| sink.poll_ready(cx))).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn why_a_file_cannot_be_read_is_told_before_the_rows_of_its_table_stop() {
        let folder = tempfile::tempdir().unwrap();
        let without_end = format!("copy public.a from stdin;\n{}", "1\n".repeat(100_000));
        std::fs::write(folder.path().join("data.sql"), without_end).unwrap();

        let (mut items, _stop) = read(folder.path(), "data.sql");
        let Some(Ok(Item::Copy { mut rows, .. })) = items.recv().await else { panic!("a COPY") };
        while let Some(chunk) = rows.next().await {
            assert!(matches!(chunk, Chunk::Data(_)), "an end of what has none");
        }
        assert!(matches!(items.try_recv(), Ok(Err(_))));
    }
}
