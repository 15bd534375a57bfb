//! What a sync would do. Pure.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::catalog::Table;
use crate::environment::EnvironmentName;
use crate::pg::TableName;
use crate::plan::{Fingerprint, Hazard, Plan, Transfer};
use crate::sync::delta::Changes;
use crate::sync::details::Details;
use crate::sync::emptying;
use crate::sync::note::notes;
use crate::sync::observe::{Side, Size};
use crate::sync::obstacle::{Both, obstacles, unaltered};
use crate::sync::order::{self, LoadOrder};
use crate::sync::refresh::refresh;
use crate::sync::refusal::{PlanError, check, check_identity, is_excluded};
use crate::sync::route::{Choice, Mode, Route, Weight, choose};
use crate::sync::selected::{Narrowed, Selected};
use crate::sync::selection::{Selection, select};
use crate::sync::statements::{bystanders, common_auth_columns, set_sequences, setval, unchecked_keys};
use crate::sync::switches::{switches, with_partitions};

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
    /// What goes along, and as what.
    pub selection: Selection,
    /// From how many bytes on rows are staged.
    pub staging_from: u64,
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
    /// What goes along otherwise than it is in the source.
    pub selected: Selected,
    /// Bytes of the target's tables that are overwritten.
    pub target_bytes: u64,
    /// What differs, when only that goes along.
    pub changes: Option<Changes>,
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
    let resting = switches(method, &families, &LoadOrder { cyclic: Vec::new(), ..load.clone() }, target);
    let switches = switches(method, &families, &load, target);
    obstacles.extend(unaltered(&switches, &both));
    check(obstacles, options)?;
    let ordered = in_order(&tables, &load);
    let refresh = refresh(&source.catalog, &target.catalog, &target.surroundings);
    let notes = notes(&both, &refresh);
    let (weight, Choice { route, because }) = way(source, target, &names, options);
    let transfers = transfers(&ordered, source);
    let (mut carried, selected) = select(ordered, &all, (source, target), options)?;
    let checks = unchecked_keys(method, (&families, &target.catalog), &all, &selected);
    emptying::decide(&mut carried, &families, (source, target), (method, route));
    let set = set_sequences(source, target, options);

    Ok(SyncPlan {
        from: options.from.clone(),
        to: options.to.clone(),
        tables: carried.iter().map(|carried| carried.target.name.clone()).collect(),
        selected,
        auth_users: options.auth_users.clone(),
        route,
        because,
        method,
        source_bytes: weight.source_bytes,
        target_bytes: weight.target_bytes,
        changes: None,
        fingerprint: target.applied.fingerprint(),
        details: Details {
            setvals: set.iter().map(|(name, new, _)| setval(name, new)).collect(),
            shape: target.shape.clone(),
            previous_setvals: set.iter().map(|(name, _, old)| setval(name, old)).collect(),
            auth_columns: common_auth_columns(source, target, options),
            before_load: switches.before,
            after_load: switches.after,
            resting,
            checks,
            bystanders: bystanders(&excluded),
            transfers,
            tables: carried,
            asked: (options.mode, weight),
            ..Details::of(target, &families, &refresh)
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

/// How much goes along, and which way.
fn way(source: &Side, target: &Side, names: &BTreeSet<&TableName>, options: &Options) -> (Weight, Choice) {
    let weight = Weight {
        source_bytes: weigh(source, names),
        target_bytes: weigh(target, names),
        staging_from: options.staging_from,
        may_stage: target.may_stage,
    };
    (weight, choose(options.mode, &weight))
}

impl SyncPlan {
    /// Whether rows can only be read with the key that fakes are made with.
    pub(crate) fn needs_mask_key(&self) -> bool {
        self.selected.needs_key()
    }

    /// Takes in how many rows filters keep: what is expected of the copies, and with it the way.
    pub(crate) fn keep(&mut self, kept: Narrowed) {
        let place = self.tables.iter().position(|table| *table == kept.table);
        if let (Some(transfer), Some(rows)) =
            (place.and_then(|place| self.details.transfers.get_mut(place)), kept.kept)
        {
            if let Some(of) = kept.of.filter(|of| *of > 0) {
                let bytes = u128::from(transfer.bytes) * u128::from(rows.min(of)) / u128::from(of);
                transfer.bytes = u64::try_from(bytes).unwrap_or(transfer.bytes);
            }
            transfer.rows = Some(rows);
        }
        if let Some(place) = self.selected.narrowed.iter_mut().find(|found| found.table == kept.table) {
            *place = kept;
        }
        let (mode, mut weight) = self.details.asked;
        weight.source_bytes = self.details.transfers.iter().map(|transfer| transfer.bytes).sum();
        let Choice { route, because } = choose(mode, &weight);
        (self.route, self.because, self.source_bytes) = (route, because, weight.source_bytes);
    }
}

impl Plan for SyncPlan {
    fn hazards(&self) -> Vec<Hazard> {
        if let Some(changes) = &self.changes {
            return changes.hazards(self);
        }
        let rows =
            format!("all rows of {} in `{}`", crate::ui::plural(self.tables.len() as u64, "table"), self.to);
        vec![Hazard::OverwritesRows(rows)]
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}
