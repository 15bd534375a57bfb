//! crmctl: developer operations for Supabase environments.

pub mod backup;
pub mod error;
pub mod plan;
pub mod ui;
