//! crmctl: developer operations for Supabase environments.

pub mod error;
pub mod local;
pub mod plan;
pub mod tools;
pub mod ui;
