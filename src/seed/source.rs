//! Where rows come from, whoever described them: how many there are, and which.

use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

use bytes::Bytes;

use crate::pg::{CopySource, Generator};
use crate::seed::generate::{Digest, Fields, Model, Rows, Table};
use crate::seed::own::{Design, OwnRows};
use crate::seed::shape::Shape;

/// Bytes of one chunk, about: enough to keep the connection busy, little enough to be nothing in memory.
const CHUNK: usize = 64 * 1024;

/// Chunks that are made ahead of the connection.
const AHEAD: usize = 8;

/// The rows of one table. They come in blocks: block 0 is what the description says, and `--scale N` makes N of them.
#[derive(Debug, Clone)]
pub(crate) enum Source {
    /// A table of the CRM.
    Crm(Arc<Model>, Table),
    /// A table of the project's own description.
    Own(Arc<Design>, usize),
}

/// What is written of each row.
#[derive(Debug, Clone)]
pub(crate) enum Part {
    /// All columns.
    Whole,
    /// These columns only.
    Columns(Vec<usize>),
}

impl Source {
    pub(crate) fn shape(&self) -> Shape {
        match self {
            Self::Crm(model, table) => Shape::of(*table, &model.reference.to_string()),
            Self::Own(design, index) => design.tables[*index].shape.clone(),
        }
    }

    /// Blocks there are to be.
    pub(crate) fn blocks(&self) -> u64 {
        match self {
            Self::Crm(model, table) => model.blocks(*table),
            Self::Own(design, index) => design.blocks(*index),
        }
    }

    /// Rows of the first so many blocks.
    pub(crate) fn total(&self, blocks: u64) -> u64 {
        match self {
            Self::Crm(model, table) => model.base(*table) * blocks,
            Self::Own(design, index) => design.count(*index, 0..blocks),
        }
    }

    /// The number of blocks that have exactly so many rows.
    pub(crate) fn blocks_of(&self, rows: u64) -> Option<u64> {
        match self {
            Self::Crm(model, table) => {
                let base = model.base(*table);
                (base > 0 && rows.is_multiple_of(base)).then(|| rows / base)
            }
            Self::Own(design, index) => design.blocks_of(*index, rows),
        }
    }

    fn rows(&self, blocks: Range<u64>) -> SourceRows {
        match self {
            Self::Crm(model, table) => SourceRows::Crm(Arc::clone(model), Rows::new(*table, blocks)),
            Self::Own(design, index) => {
                SourceRows::Own(Arc::clone(design), OwnRows::new(design, *index, blocks))
            }
        }
    }

    /// What a table holds once the rows of these blocks are in it.
    pub(crate) fn digest(&self, blocks: Range<u64>) -> Digest {
        let (mut rows, mut fields, mut digest) = (self.rows(blocks), Fields::default(), Digest::default());
        let compared = self.shape().compared;
        while rows.next(&mut fields) {
            digest += Digest { rows: 1, sum: u128::from(fields.hash(&compared)) };
        }
        digest
    }

    /// The first rows, as people read them.
    pub(crate) fn samples(&self, count: usize) -> Vec<Vec<Option<String>>> {
        let (mut rows, mut fields) = (self.rows(0..self.blocks()), Fields::default());
        let mut samples = Vec::new();
        while samples.len() < count && rows.next(&mut fields) {
            samples.push(fields.values().map(|value| value.map(str::to_owned)).collect());
        }
        samples
    }

    /// The rows of these blocks as the data of a `copy .. from stdin` in text format. They are made on a thread of
    /// their own, a few chunks ahead of the connection.
    pub(crate) fn copy(&self, blocks: Range<u64>, part: Part) -> CopySource {
        let source = self.clone();
        let (mut begin, mut receiver) = (Some((blocks, part)), None);
        CopySource::Generated(Generator(Box::new(move || {
            if let Some((blocks, part)) = begin.take() {
                let (sender, chunks) = sync_channel(AHEAD);
                let mut next = source.chunks(blocks, part);
                // Nobody waits for the thread: it ends with its rows, or when nobody takes them any more. Should it
                // fail, rows are missing, and what is missing is counted before anything is committed.
                std::thread::spawn(move || {
                    while let Some(chunk) = next() {
                        if sender.send(chunk).is_err() {
                            return;
                        }
                    }
                });
                receiver = Some(chunks);
            }
            receiver.as_ref().and_then(|chunks| chunks.recv().ok())
        })))
    }

    /// The same chunk by chunk, on this thread.
    pub(crate) fn chunks(
        &self,
        blocks: Range<u64>,
        part: Part,
    ) -> impl FnMut() -> Option<Bytes> + Send + use<> {
        let (mut rows, mut fields) = (self.rows(blocks), Fields::default());
        move || {
            let mut chunk = Vec::with_capacity(CHUNK + 4096);
            while chunk.len() < CHUNK && rows.next(&mut fields) {
                match &part {
                    Part::Whole => fields.copy_into(&mut chunk),
                    Part::Columns(places) => fields.copy_some_into(places, &mut chunk),
                }
            }
            (!chunk.is_empty()).then(|| Bytes::from(chunk))
        }
    }
}

enum SourceRows {
    Crm(Arc<Model>, Rows),
    Own(Arc<Design>, OwnRows),
}

impl SourceRows {
    /// Puts the next row into `fields`; false after the last.
    fn next(&mut self, fields: &mut Fields) -> bool {
        match self {
            Self::Crm(model, rows) => rows.next(model, fields),
            Self::Own(design, rows) => rows.next(design, fields),
        }
    }
}
