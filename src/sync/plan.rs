//! What a sync would do. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::Table;
use crate::environment::EnvironmentName;
use crate::pg::TableName;
use crate::plan::{Fingerprint, Hazard, Plan, Render, Transfer};
use crate::sync::carried::Carried;
use crate::sync::emptying;
use crate::sync::note::notes;
use crate::sync::observe::{Side, Size};
use crate::sync::obstacle::{Both, obstacles, unaltered};
use crate::sync::order;
use crate::sync::refresh::{self, refresh};
use crate::sync::refusal::{PlanError, check, check_identity, is_excluded};
use crate::sync::route::{Choice, Mode, Route, Weight, choose};
use crate::sync::statements::{bystanders, common_auth_columns, set_sequences, setval, unchecked_keys};
use crate::sync::switches::{switches, with_partitions};
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
    /// Materialized views that are refreshed, in order.
    pub refreshed: Vec<TableName>,
    /// What is left as it is, in words.
    pub notes: Vec<String>,
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
    pub(crate) refreshes: Vec<String>,
    pub(crate) bystanders: Vec<(TableName, String)>,
    pub(crate) history_head: Option<String>,
    pub(crate) catalog_hash: String,
    pub(crate) server_version: String,
}

impl Details {
    /// Everything between the rows and the comparison, whatever way they came: what rested works again, sequences are
    /// set, foreign keys looked at, materialized views refreshed.
    pub(crate) fn after_load(&self) -> impl Iterator<Item = &String> {
        self.after_load.iter().chain(&self.setvals).chain(&self.checks).chain(&self.refreshes)
    }

    /// The same for a backup that is put back.
    pub(crate) fn after_undo(&self) -> impl Iterator<Item = &String> {
        self.after_load.iter().chain(&self.previous_setvals).chain(&self.refreshes)
    }
}

/// Decides what to copy, in which order and how. Reads nothing, changes nothing.
pub fn plan(source: &Side, target: &Side, options: &Options) -> crate::error::Result<SyncPlan> {
    if options.from == options.to {
        return Err(PlanError::SameEnvironment(options.to.clone()).into());
    }
    check_identity(source, target, options)?;
    let all = source.catalog.tables()?;
    let theirs = target.catalog.tables()?;
    let both = Both { source: (source, &all), target: (target, &theirs), options };
    let mut obstacles = obstacles(&both);

    let roots = theirs.iter().filter(|table| !table.is_partition).cloned();
    let (excluded, tables): (Vec<Table>, Vec<Table>) =
        roots.partition(|table| is_excluded(&table.name, options));
    let names: BTreeSet<&TableName> = tables.iter().map(|table| &table.name).collect();
    let families = with_partitions(&names, &theirs);
    let load = order::by_foreign_keys(&families);
    let method = if target.may_replicate { Method::ReplicaRole } else { Method::LoadOrder };
    let switches = switches(method, &families, &load, target);
    obstacles.extend(unaltered(&switches, &both));
    check(obstacles, options)?;
    let ordered = in_order(&tables, &load);
    let refresh = refresh(&target.catalog, &target.surroundings);
    let notes = notes(&both, &refresh);
    let weight = Weight { source_bytes: weigh(source, &names), target_bytes: weigh(target, &names) };
    let Choice { route, because } = choose(options.mode, &weight);
    let checks = match method {
        Method::ReplicaRole => unchecked_keys(&families, &all),
        Method::LoadOrder => Vec::new(),
    };
    let transfers = transfers(&ordered, source);
    let mut tables = carried(ordered, &all);
    emptying::decide(&mut tables, &families, target, method);
    let set = set_sequences(source, target, options);

    Ok(SyncPlan {
        from: options.from.clone(),
        to: options.to.clone(),
        tables: tables.iter().map(|carried| carried.target.name.clone()).collect(),
        auth_users: options.auth_users.clone(),
        route,
        because,
        method,
        source_bytes: weight.source_bytes,
        fingerprint: target.applied.fingerprint(),
        details: Details {
            setvals: set.iter().map(|(name, new, _)| setval(name, new)).collect(),
            previous_setvals: set.iter().map(|(name, _, old)| setval(name, old)).collect(),
            auth_columns: common_auth_columns(source, target, options),
            before_load: switches.before,
            after_load: switches.after,
            refreshes: refresh::statements(&refresh.views),
            checks,
            bystanders: bystanders(&excluded),
            history_head: target.applied.head().map(str::to_owned),
            catalog_hash: target.catalog.schema_hash(),
            server_version: target.server_version.clone(),
            transfers,
            tables,
        },
        sequences: set.into_iter().map(|(name, _, _)| name).collect(),
        refreshed: refresh.views,
        notes,
    })
}

fn in_order(tables: &[Table], load: &order::LoadOrder) -> Vec<Table> {
    let place: BTreeMap<&TableName, usize> =
        load.tables.iter().enumerate().map(|(place, name)| (name, place)).collect();
    let mut ordered = tables.to_vec();
    ordered.sort_by_key(|table| place.get(&table.name));
    ordered
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
    let sources: BTreeMap<&TableName, &Table> = sources.iter().map(|source| (&source.name, source)).collect();
    tables
        .into_iter()
        .filter_map(|table| sources.get(&table.name).map(|source| Carried::whole(table.clone(), source)))
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
        const TOLD: usize = 30;
        let mut names: Vec<String> = self.tables.iter().take(TOLD).map(ToString::to_string).collect();
        if self.tables.len() > TOLD {
            names.push(format!("and {} more", self.tables.len() - TOLD));
        }
        let mut sets = format!("set {}", crate::ui::plural(self.sequences.len() as u64, "sequence"));
        if !self.refreshed.is_empty() {
            let views = crate::ui::plural(self.refreshed.len() as u64, "materialized view");
            sets += &format!(", refresh {views}");
        }
        let notes: Vec<String> = self.notes.iter().map(|note| format!("\n  note: {note}")).collect();
        let notes = notes.concat();
        let method = match self.method {
            Method::ReplicaRole => "triggers and foreign keys rest while rows are loaded",
            Method::LoadOrder => "tables are loaded in foreign key order, triggers off",
        };
        format!(
            "{} ({because})\n  1. back up the rows of `{to}` in the same transaction\n  2. replace them by those of `{from}` ({}): {}\n  \
             3. {sets} and {}\n  4. compare both sides' contents, and only then commit\n  {}{notes}",
            style.strong(&format!("sync `{}` to `{}`", self.from, self.to)),
            crate::ui::plural(self.tables.len() as u64, "table"),
            names.join(", "),
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
