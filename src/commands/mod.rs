//! The runbooks: one file per command, its path is the command line. Each reads
//! resolve, observe, plan, approve, apply, report; what needs more than a call belongs to a domain folder.

pub(crate) mod completions;
pub(crate) mod init;
pub(crate) mod local;
pub(crate) mod migrate;
pub(crate) mod sync;
