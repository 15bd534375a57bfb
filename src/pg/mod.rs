//! The only module that connects.

mod afterwards;
mod answer;
pub(crate) mod blockers;
mod connect;
mod copy;
mod error;
mod expected;
mod ident;
mod lock;
mod message;
mod missing;
mod outbox;
mod pooler;
mod retry;
mod row;
mod session;
mod stream;
mod text;
mod tls;
mod wire;
mod witness;
mod writer;

pub(crate) use afterwards::ask_afterwards;
pub use answer::Answer;
pub use copy::{Chunk, ChunkReceiver, CopySink, CopySource, Generator, Meter, channel};
pub(crate) use error::LOCK_NOT_AVAILABLE;
pub use error::{PgError, ServerError};
pub use ident::{TableName, identifier, literal, optional_literal, text_array};
pub(crate) use lock::{holder_query as lock_holder_query, still_as_planned};
pub use retry::{Backoff, is_transient, retry};
pub use row::Row;
pub use session::{Session, Target};
pub use text::SqlText;
pub(crate) use writer::Companion;
pub use writer::{Begin, Committed, Writer};

/// The result of what is done with a server.
pub type PgResult<T> = std::result::Result<T, PgError>;
