//! crmctl: developer operations for Supabase environments.

pub mod backup;
pub mod cancel;
pub mod catalog;
pub mod environment;
pub mod error;
pub mod guard;
pub mod lint;
pub mod local;
pub mod migration;
pub mod pg;
pub mod plan;
pub mod tools;
pub mod ui;
