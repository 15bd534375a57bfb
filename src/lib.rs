//! crmctl: developer operations for Supabase environments.
//!
//! Every command goes the same way: **resolve → observe → plan → approve → apply → report**. Its runbook is in
//! `commands/`, at the path of its command line; what needs more than a call is in a domain folder, and every
//! domain folder has the same doors: what it reads (`observe`), what it decides (`plan`, pure), what it writes
//! (`apply`) and what happened (`report`).
//!
//! Nothing changes a database without a [`guard::Approved`] plan: a [`pg::Session`] is read-only, PostgreSQL
//! itself sees to it, and a [`pg::Writer`] is only to be had for an approved plan.
//!
//! # Laws, held by clippy
//! - Only [`ui`] prints and asks. stdout: one answer; stderr: everything else.
//! - Only [`pg`] connects; only [`tools`] spawns; only [`environment::vars`] reads variables; only `app` reads
//!   the clock. An exception carries `#[expect(.., reason)]`.
//! - Plans, differences and rules are pure: no async, no I/O. They are tested without a database.
//! - `match` on our own enums has no `_`: the compiler shall ask when a case is added.
//!
//! # The map
//! - the frame: [`run`], `cli` and `global` (the command line as types), `commands` (the runbooks), `app` (what a command
//!   may use), [`cancel`], [`error`] (kinds and exit codes), [`guard`] (consent), [`plan`] (what a plan is), [`ui`]
//! - which database: [`environment`], [`pg`] (the connection), [`sql`] (what is sent), [`catalog`] (what its schema is),
//!   [`local`] (servers of our own), [`tools`] (child processes)
//! - migrations: [`migration`] (files, statements, history, `up`, `down`, `squash`, `repair`, `baseline`, `fetch`), [`lint`],
//!   [`replay`] (the files on a throwaway server), [`drift`], [`deploy`]
//! - rows: [`seed`], [`sync`], [`mask`] (what of a source is not shown), [`parity`] (whether two databases are the same), [`backup`], [`reset`]
//! - looking: [`validate`], [`access`] (who may do what), [`doctor`]
//! - beginning: [`init`], [`demo`]
//!
//! # Where is...?
//! | I want to change | file |
//! |---|---|
//! | what a command does, in order | `commands/<command>.rs`; of `deploy` `commands/deploy/start.rs` |
//! | when production asks for its name | [`guard`] |
//! | what counts as a difference | `parity/diff.rs`, for schemas `catalog/diff.rs` |
//! | how a difference of schemas is told | `catalog/words.rs` |
//! | what a schema is made of | `catalog/snapshot/*.sql`; what of it is the platform's: `catalog/managed.rs` |
//! | what goes over the wire in a sync, and when | `sync/pipeline/flight.rs`, of many rows `sync/bulk/flight.rs` |
//! | how indexes and keys come down and stand up again | `sync/rebuild/`, what is asked of them `sync/rebuild/standing.sql` |
//! | how the rows that differ are found, and replaced | `sync/delta/sketch.rs`, `sync/delta/change.rs`; when only they go along: `sync/delta/weigh.rs` |
//! | how big sets are staged, and how they take their place | `sync/staging/`: `stream.rs`; `choice.rs`, `swap.rs` |
//! | how migration files fly | `migration/apply.rs`, `migration/flight.rs`; those that cannot: `migration/barrier.rs` |
//! | where a file is cut into statements | `sql/scanner.rs`, `migration/statement.rs`; into words: `migration/word.rs` |
//! | what the history holds, and every statement that writes it | `migration/history.rs` |
//! | what a file runs with: time-outs, a clean session | `migration/settings.rs` |
//! | what a `-- crmctl: ...` comment means | `migration/directive.rs` |
//! | which statements can be undone by themselves | `migration/down/inverse.rs` |
//! | what a squashed migration is made of | `migration/squash/compose.rs` |
//! | what `migrate repair` proposes | `migration/repair/advice.rs` |
//! | what a baseline is made of | `migration/baseline/script.rs` |
//! | what makes a migration dangerous | `lint/rules/`, squawk's rules `lint/squawk/`, whole schemas `lint/catalog/` |
//! | what is drift, and what the platform brings along | `drift/observe.rs`, `drift/platform.rs` |
//! | what a deploy refuses before it starts | `deploy/preflight.rs`, `deploy/gate.rs` |
//! | what is checked before a deploy commits | `deploy/check.rs` |
//! | what a deploy writes down, and how far it came | `deploy/journal.rs`, `deploy/ledger.rs` |
//! | how a deploy is undone | `deploy/rollback/choose.rs` |
//! | what is looked at once a sync has its lock | `sync/locked.rs`, `sync/shape.rs`; of the source `sync/hold.rs` |
//! | what kind of pooler is refused | `pg/pooler.rs` |
//! | who is named when a lock is not had | `pg/blockers.rs`, of a statement in a file `migration/blocked.rs` |
//! | what becomes of a COMMIT that was not answered | `pg/witness.rs`, `pg/afterwards.rs`, `migration/fate.rs`, `deploy/fate.rs` |
//! | what `validate` checks | `validate/judge/` (catalog), `validate/rows.rs` (rows), `validate/config.rs` (the file) |
//! | how a role is tried under RLS | `access/probe.rs` |
//! | how `pg_dump` is called | `backup/dump.rs` (the call), `tools/run.rs` (running it) |
//! | what a local database contains | `local/baseline/*.sql` |
//! | what stands in for the platform's extensions there | `local/standins/*.sql` |
//! | what the test data look like | `seeds/*.toml`, `seed/generate/` |
//! | the text of an error and its help | the enum in the file that returns it |
//! | how a column is masked | `mask/expression.rs`; which looks personal: `mask/personal.rs` |
//! | which rows go along in a sync | `sync/subset.rs` |
//! | where a value comes from | `environment/resolve.rs` |
//! | a colour, a table, JSON | [`ui`] |
//! | an exit code | [`error`] |

pub mod access;
mod app;
pub mod backup;
pub mod cancel;
pub mod catalog;
mod cli;
mod commands;
pub mod demo;
pub mod deploy;
pub mod doctor;
pub mod drift;
pub mod environment;
pub mod error;
mod global;
pub mod guard;
pub mod init;
pub mod lint;
pub mod local;
pub mod mask;
pub mod migration;
pub mod parity;
pub mod pg;
pub mod plan;
pub mod replay;
pub mod reset;
mod run;
pub mod seed;
pub mod sql;
pub mod sync;
pub mod tools;
pub mod ui;
pub mod validate;

pub use run::run;
