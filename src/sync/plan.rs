//! What a sync would do. Pure.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::catalog::{Table, managed};
use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::pg::{TableName, identifier, literal};
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::sync::observe::{AUTH_TABLES, Side};
use crate::sync::order;
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
    /// How foreign keys and triggers are kept from interfering.
    pub method: Method,
    /// Bytes in the source.
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
    pub(crate) tables: Vec<Table>,
    pub(crate) setvals: Vec<String>,
    pub(crate) previous_setvals: Vec<String>,
    pub(crate) auth_columns: Vec<(String, Vec<String>)>,
    pub(crate) before_load: Vec<String>,
    pub(crate) after_load: Vec<String>,
    pub(crate) checks: Vec<String>,
    pub(crate) history_head: Option<String>,
    pub(crate) catalog_hash: String,
    pub(crate) server_version: String,
}

/// Why a sync cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Source and target are the same.
    #[error("`{0}` cannot be synced with itself")]
    SameEnvironment(EnvironmentName),
    /// The histories differ.
    #[error("`{from}` and `{to}` are not at the same migration ({left} against {right})")]
    HeadsDiffer {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
        /// The source's newest version.
        left: String,
        /// The target's newest version.
        right: String,
    },
    /// A table or column is not on both sides.
    #[error("the tables of `{from}` and `{to}` differ: {what}")]
    TablesDiffer {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
        /// The differences, in words.
        what: String,
    },
    /// An excluded table refers to one that would be overwritten.
    #[error("`{excluded}` is excluded but refers to `{table}`, whose rows would be replaced")]
    ExcludedRefers {
        /// The excluded table.
        excluded: TableName,
        /// The table it refers to.
        table: TableName,
    },
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::SameEnvironment(_) => Kind::Usage,
            Self::HeadsDiffer { .. } | Self::TablesDiffer { .. } | Self::ExcludedRefers { .. } => {
                Kind::Refused
            }
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::SameEnvironment(_) => "name two environments with `--from` and `--to`".to_owned(),
            Self::HeadsDiffer { from, to, .. } => {
                format!(
                    "bring both to the same migration first: `crmctl migrate status --env {from}` and `--env {to}`"
                )
            }
            Self::TablesDiffer { from, to, .. } => {
                format!(
                    "see `crmctl verify --from {from} --to {to} --level schema`, then put the change in a migration"
                )
            }
            Self::ExcludedRefers { .. } => "exclude both tables, or neither".to_owned(),
        })
    }
}

/// Decides what to copy, in which order and how. Reads nothing, changes nothing.
pub fn plan(source: &Side, target: &Side, options: &Options) -> crate::error::Result<SyncPlan> {
    if options.from == options.to {
        return Err(PlanError::SameEnvironment(options.to.clone()).into());
    }
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
    let checks = outgoing_keys(&ordered, &names, method);
    let sequences: Vec<TableName> = source
        .sequences
        .keys()
        .filter(|name| !managed::is_managed(&name.schema) && target.sequences.contains_key(name))
        .cloned()
        .collect();

    Ok(SyncPlan {
        from: options.from.clone(),
        to: options.to.clone(),
        tables: ordered.iter().map(|table| table.name.clone()).collect(),
        auth_users: options.auth_users.clone(),
        method,
        source_bytes: source.bytes,
        fingerprint: fingerprint(target.versions.as_deref()),
        details: Details {
            setvals: sequences.iter().map(|name| setval(name, source.sequences[name])).collect(),
            previous_setvals: sequences.iter().map(|name| setval(name, target.sequences[name])).collect(),
            auth_columns: common_auth_columns(source, target, options),
            before_load,
            after_load,
            checks,
            history_head: target.versions.as_ref().and_then(|versions| versions.last().cloned()),
            catalog_hash: target.catalog.hash(),
            server_version: target.server_version.clone(),
            tables: ordered,
        },
        sequences,
    })
}

/// The migration history as a fingerprint: the versions, in order.
fn fingerprint(versions: Option<&[String]>) -> Fingerprint {
    match versions {
        None => Fingerprint {
            query: "select to_regclass('supabase_migrations.schema_migrations')".to_owned(),
            value: None,
        },
        Some(versions) => Fingerprint {
            query: "select coalesce(string_agg(version, ',' order by version collate \"C\"), '') \
                    from supabase_migrations.schema_migrations"
                .to_owned(),
            value: Some(versions.join(",")),
        },
    }
}

fn check_heads(source: &Side, target: &Side, options: &Options) -> Result<(), PlanError> {
    let versions = |side: &Side| side.versions.clone().unwrap_or_default();
    let (left, right) = (versions(source), versions(target));
    if left == right {
        return Ok(());
    }
    let head = |versions: &[String]| {
        let newest = versions.last().map_or("none", String::as_str);
        format!("{newest}, {}", crate::ui::plural(versions.len() as u64, "migration"))
    };
    Err(PlanError::HeadsDiffer {
        from: options.from.clone(),
        to: options.to.clone(),
        left: head(&left),
        right: head(&right),
    })
}

fn check_tables(source: &[Table], target: &[Table], options: &Options) -> Result<(), PlanError> {
    let described = |tables: &[Table]| -> BTreeSet<String> {
        let included =
            tables.iter().filter(|table| !table.is_partition && !is_excluded(&table.name, options));
        included
            .flat_map(|table| {
                let columns = table.stored_columns().map(|column| format!("{}.{}", table.name, column.name));
                columns.chain([table.name.to_string()])
            })
            .collect()
    };
    let (left, right) = (described(source), described(target));
    let only = |names: Vec<&String>, name: &EnvironmentName| {
        names.first().map(|first| match names.len() {
            1 => format!("`{first}` is only in `{name}`"),
            count => format!("`{first}` and {} more are only in `{name}`", count - 1),
        })
    };
    let differences = [
        only(left.difference(&right).collect(), &options.from),
        only(right.difference(&left).collect(), &options.to),
    ];
    let what: Vec<String> = differences.into_iter().flatten().collect();
    if what.is_empty() {
        return Ok(());
    }
    Err(PlanError::TablesDiffer { from: options.from.clone(), to: options.to.clone(), what: what.join("; ") })
}

fn is_excluded(name: &TableName, options: &Options) -> bool {
    let full = format!("{}.{}", name.schema, name.name);
    options.exclude.iter().any(|pattern| matches(pattern, &full) || matches(pattern, &name.to_string()))
}

/// Whether a pattern, in which `*` stands for any characters, fits a whole name.
fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest, &name[at..]))
        }),
    }
}

fn check_excluded(excluded: &[Table], tables: &[Table]) -> Result<(), PlanError> {
    for table in excluded {
        for key in &table.foreign_keys {
            if tables.iter().any(|synced| synced.name == key.references) {
                return Err(PlanError::ExcludedRefers {
                    excluded: table.name.clone(),
                    table: key.references.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Statements before and after the load that keep triggers and foreign keys from interfering.
fn switches(
    method: Method,
    tables: &[Table],
    load: &order::LoadOrder,
    target: &Side,
) -> (Vec<String>, Vec<String>) {
    if method == Method::ReplicaRole {
        let set = |role: &str| vec![format!("set local session_replication_role = {role}")];
        return (set("replica"), set("origin"));
    }
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for (name, facts) in target.catalog.of_kind("trigger") {
        let fact = |fact: &str| facts.get(fact).and_then(serde_json::Value::as_str).unwrap_or_default();
        let table = TableName::new(&name.schema, fact("table"));
        if !tables.iter().any(|synced| synced.name == table) || fact("enabled") == "D" {
            continue;
        }
        let trigger = identifier(&name.name[table.name.len() + 1..]);
        let enable = match fact("enabled") {
            "A" => "enable always",
            "R" => "enable replica",
            _ => "enable",
        };
        before.push(format!("alter table {} disable trigger {trigger}", table.sql()));
        after.push(format!("alter table {} {enable} trigger {trigger}", table.sql()));
    }
    for (table, key) in &load.cyclic {
        let name = identifier(&key.name);
        before.push(format!("alter table {} drop constraint {name}", table.sql()));
        after.push(format!("alter table {} add constraint {name} {}", table.sql(), key.definition));
    }
    (before, after)
}

/// Foreign keys that leave the synced set are not checked under the replica role: one anti-join each.
fn outgoing_keys(tables: &[Table], names: &BTreeSet<&TableName>, method: Method) -> Vec<String> {
    if method == Method::LoadOrder {
        return Vec::new();
    }
    let keys = tables.iter().flat_map(|table| table.foreign_keys.iter().map(move |key| (table, key)));
    keys.filter(|(_, key)| !names.contains(&key.references))
        .map(|(table, key)| {
            let pairs = key.columns.iter().zip(&key.referenced_columns);
            let matches: Vec<String> = pairs
                .map(|(own, other)| format!("r.{} = t.{}", identifier(other), identifier(own)))
                .collect();
            let present: Vec<String> =
                key.columns.iter().map(|own| format!("t.{} is not null", identifier(own))).collect();
            let found = format!(
                "select from {} t where {} and not exists (select from {} r where {})",
                table.name.sql(),
                present.join(" and "),
                key.references.sql(),
                matches.join(" and ")
            );
            let problem =
                format!("rows of {} refer to rows of {} that are not there", table.name, key.references);
            format!(
                "do {}",
                literal(&format!(
                    "begin if exists ({found}) then raise exception using errcode = '23503', message = {}, \
                     constraint = {}; end if; end",
                    literal(&problem),
                    literal(&key.name)
                ))
            )
        })
        .collect()
}

fn setval(name: &TableName, value: Option<i64>) -> String {
    let sequence = literal(&name.sql());
    match value {
        Some(value) => format!("select pg_catalog.setval({sequence}, {value}, true)"),
        None => format!(
            "select pg_catalog.setval({sequence}, (select seqstart from pg_catalog.pg_sequence where seqrelid = {sequence}::regclass), false)"
        ),
    }
}

fn common_auth_columns(source: &Side, target: &Side, options: &Options) -> Vec<(String, Vec<String>)> {
    if options.auth_users.is_none() {
        return Vec::new();
    }
    AUTH_TABLES
        .iter()
        .filter_map(|table| {
            let columns = source.auth_columns.get(*table)?.intersection(target.auth_columns.get(*table)?);
            Some(((*table).to_owned(), columns.cloned().collect()))
        })
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
            "{}\n  1. back up the rows of `{to}` in the same transaction\n  2. replace them by those of `{from}` ({}): {}\n  \
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
            to = self.to,
            from = self.from,
        )
    }
}
