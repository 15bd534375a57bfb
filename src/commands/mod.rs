//! The runbooks: one file per command, its path is the command line. Each reads
//! resolve, observe, plan, approve, apply, report; what needs more than a call belongs to a domain folder.

pub(crate) mod access;
pub(crate) mod backup;
pub(crate) mod completions;
pub(crate) mod demo;
pub(crate) mod deploy;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod local;
pub(crate) mod migrate;
pub(crate) mod reset;
pub(crate) mod restore;
pub(crate) mod seed;
pub(crate) mod sync;
pub(crate) mod validate;
pub(crate) mod verify;
