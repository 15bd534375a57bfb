//! Backups: made under one snapshot, described by a manifest, restored in one transaction.
//!
//! A backup is a folder that plain `zstd` and `psql` can restore. It is built in `<id>.partial`, its manifest is
//! written last, everything is flushed to the disk, and only then does the folder get its name.

pub mod adjust;
pub mod apply;
pub mod carried;
pub mod clear;
pub mod contents;
pub mod dump;
pub mod error;
pub mod extras;
mod feed;
pub mod manifest;
pub mod part;
pub mod partial;
pub mod report;
pub mod restore;
pub mod script;
pub mod store;
pub(crate) mod writers;

pub use apply::{Held, hold, restore, restore_held};
pub use dump::{Request, create};
pub use error::BackupError;
pub use manifest::{BackupId, BackupKind, BackupManifest, Origin, Part, TableContents};
pub use part::{Compression, PartWriter};
pub use partial::{Description, Partial};
pub use report::{BackupList, BackupReport, RestoreReport, VerifyReport};
pub use restore::RestorePlan;
pub use store::{Backup, Store};
