//! crmctl: developer operations for Supabase environments.

pub mod cancel;
pub mod catalog;
pub mod environment;
pub mod error;
pub mod guard;
pub mod parity;
pub mod pg;
pub mod plan;
pub mod ui;
