//! What a sync would do. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::Table;
use crate::environment::EnvironmentName;
use crate::pg::TableName;
use crate::plan::{Fingerprint, Hazard, Plan, Render, Transfer};
use crate::sync::carried::Carried;
use crate::sync::observe::{Side, Size};
use crate::sync::order;
use crate::sync::refusal::{
    PlanError, check_excluded, check_heads, check_identity, check_tables, is_excluded,
};
use crate::sync::route::{Choice, Mode, Route, Weight, choose};
use crate::sync::statements::{bystanders, common_auth_columns, outgoing_keys, setval, switches};
use crate::ui::Style;

/// What the user asked for.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where the rows come from.
    pub from: EnvironmentName,
    /// What is overwritten.
    pub to: EnvironmentName,
    /// Tables left alone, as `schema.table` or `table` (of `public`); `*` stands for any characters.
    pub exclude: Vec<String>,
    /// SQL `like` pattern of the e-mails of the auth users that go along.
    pub auth_users: Option<String>,
    /// How rows are to be carried over.
    pub mode: Mode,
}

/// What a sync does, in the order in which it does it.
#[derive(Debug, Clone, Serialize)]
pub struct SyncPlan {
    /// Where the rows come from.
    pub from: EnvironmentName,
    /// What is overwritten.
    pub to: EnvironmentName,
    /// The tables, in load order.
    pub tables: Vec<TableName>,
    /// Sequences that are set.
    pub sequences: Vec<TableName>,
    /// E-mail pattern of the auth users that go along, if any do.
    pub auth_users: Option<String>,
    /// The way the rows are carried over.
    pub route: Route,
    /// Why it is that way.
    pub because: String,
    /// How foreign keys and triggers are kept from interfering.
    pub method: Method,
    /// Bytes of the tables in the source, on disk and without indexes.
    pub source_bytes: u64,
    /// What must still hold.
    pub fingerprint: Fingerprint,
    #[serde(skip)]
    pub(crate) details: Details,
}

/// How foreign keys and triggers are kept from interfering with the copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// `session_replication_role = replica`: the server does not fire them.
    ReplicaRole,
    /// Load in foreign key order, with the user's triggers off and cyclic foreign keys rebuilt.
    LoadOrder,
}

/// What `apply` needs and nobody wants to read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    pub(crate) tables: Vec<Carried>,
    /// What is expected of the copies, in the order of `tables`.
    pub(crate) transfers: Vec<Transfer>,
    pub(crate) setvals: Vec<String>,
    pub(crate) previous_setvals: Vec<String>,
    pub(crate) auth_columns: Vec<(String, Vec<String>)>,
    pub(crate) before_load: Vec<String>,
    pub(crate) after_load: Vec<String>,
    pub(crate) checks: Vec<String>,
    pub(crate) bystanders: Vec<(TableName, String)>,
    pub(crate) history_head: Option<String>,
    pub(crate) catalog_hash: String,
    pub(crate) server_version: String,
}

/// Decides what to copy, in which order and how. Reads nothing, changes nothing.
pub fn plan(source: &Side, target: &Side, options: &Options) -> crate::error::Result<SyncPlan> {
    if options.from == options.to {
        return Err(PlanError::SameEnvironment(options.to.clone()).into());
    }
    check_identity(source, target, options)?;
    check_heads(source, target, options)?;
    let all = source.catalog.tables()?;
    let theirs = target.catalog.tables()?;
    check_tables(&all, &theirs, options)?;
    let (excluded, tables): (Vec<Table>, Vec<Table>) = theirs
        .into_iter()
        .filter(|table| !table.is_partition)
        .partition(|table| is_excluded(&table.name, options));
    check_excluded(&excluded, &tables)?;

    let load = order::by_foreign_keys(&tables);
    let method = if target.may_replicate { Method::ReplicaRole } else { Method::LoadOrder };
    let (before_load, after_load) = switches(method, &tables, &load, target);
    let mut ordered = tables;
    ordered.sort_by_key(|table| load.tables.iter().position(|name| *name == table.name));
    let names: BTreeSet<&TableName> = ordered.iter().map(|table| &table.name).collect();
    let weight = Weight { source_bytes: weigh(source, &names), target_bytes: weigh(target, &names) };
    let Choice { route, because } = choose(options.mode, &weight);
    let checks = outgoing_keys(&ordered, &names, method);
    let sequences: Vec<TableName> = source
        .sequences
        .keys()
        .filter(|name| {
            let theirs = target.sequences.get(name);
            theirs.is_some_and(|found| found.owner.as_ref().is_none_or(|owner| !is_excluded(owner, options)))
        })
        .cloned()
        .collect();

    Ok(SyncPlan {
        from: options.from.clone(),
        to: options.to.clone(),
        tables: ordered.iter().map(|table| table.name.clone()).collect(),
        auth_users: options.auth_users.clone(),
        route,
        because,
        method,
        source_bytes: weight.source_bytes,
        fingerprint: target.applied.fingerprint(),
        details: Details {
            setvals: sequences.iter().map(|name| setval(name, &source.sequences[name])).collect(),
            previous_setvals: sequences.iter().map(|name| setval(name, &target.sequences[name])).collect(),
            auth_columns: common_auth_columns(source, target, options),
            before_load,
            after_load,
            checks,
            bystanders: bystanders(&excluded),
            history_head: target.applied.head().map(str::to_owned),
            catalog_hash: target.catalog.schema_hash(),
            server_version: target.server_version.clone(),
            transfers: transfers(&ordered, source),
            tables: carried(ordered, &all),
        },
        sequences,
    })
}

fn weigh(side: &Side, tables: &BTreeSet<&TableName>) -> u64 {
    side.sizes.iter().filter(|(name, _)| tables.contains(name)).map(|(_, size)| size.bytes).sum()
}

fn transfers(tables: &[Table], source: &Side) -> Vec<Transfer> {
    let expected = |table: &Table| {
        let Size { bytes, rows } = source.sizes.get(&table.name).copied().unwrap_or_default();
        Transfer { table: table.name.to_string(), rows, bytes }
    };
    tables.iter().map(expected).collect()
}

/// Each table of the target with the one it is filled from.
fn carried(tables: Vec<Table>, sources: &[Table]) -> Vec<Carried> {
    let source = |table: &Table| sources.iter().find(|source| source.name == table.name);
    tables
        .into_iter()
        .filter_map(|table| source(&table).map(|source| Carried::whole(table.clone(), source)))
        .collect()
}

impl Plan for SyncPlan {
    fn hazards(&self) -> Vec<Hazard> {
        let rows =
            format!("all rows of {} in `{}`", crate::ui::plural(self.tables.len() as u64, "table"), self.to);
        vec![Hazard::OverwritesRows(rows)]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for SyncPlan {
    fn render(&self, style: &Style) -> String {
        let names: Vec<String> = self.tables.iter().map(ToString::to_string).collect();
        let method = match self.method {
            Method::ReplicaRole => "triggers and foreign keys rest while rows are loaded",
            Method::LoadOrder => "tables are loaded in foreign key order, triggers off",
        };
        format!(
            "{} ({because})\n  1. back up the rows of `{to}` in the same transaction\n  2. replace them by those of `{from}` ({}): {}\n  \
             3. set {} and {}\n  4. compare both sides' contents, and only then commit\n  {}",
            style.strong(&format!("sync `{}` to `{}`", self.from, self.to)),
            crate::ui::plural(self.tables.len() as u64, "table"),
            names.join(", "),
            crate::ui::plural(self.sequences.len() as u64, "sequence"),
            self.auth_users.as_ref().map_or_else(
                || "leave auth users alone".to_owned(),
                |pattern| format!("carry over auth users like `{pattern}`")
            ),
            style.faint(method),
            because = self.because,
            to = self.to,
            from = self.from,
        )
    }
}
