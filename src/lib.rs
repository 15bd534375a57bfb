//! crmctl: developer operations for Supabase environments.

mod app;
pub mod backup;
pub mod cancel;
pub mod catalog;
mod cli;
mod commands;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod environment;
pub mod error;
pub mod guard;
pub mod init;
pub mod lint;
pub mod local;
pub mod migration;
pub mod parity;
pub mod pg;
pub mod plan;
pub mod reset;
mod run;
pub mod seed;
pub mod sync;
pub mod tools;
pub mod ui;

pub use run::run;
