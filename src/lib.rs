//! crmctl: developer operations for Supabase environments.

pub mod error;
pub mod lint;
pub mod migration;
pub mod plan;
pub mod ui;
