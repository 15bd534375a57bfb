//! crmctl: developer operations for Supabase environments.

pub mod environment;
pub mod error;
pub mod plan;
pub mod ui;
