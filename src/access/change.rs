//! What a change of the schema does to access, in words.

use serde::Serialize;

use crate::access::render::rows_in_words;
use crate::access::{AccessTable, Command, Reach, TableAccess};
use crate::pg::TableName;

/// One persona may do something else with one table than before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccessChange {
    /// Who.
    pub persona: String,
    /// With which table.
    pub table: TableName,
    /// What.
    pub command: Command,
    /// Whether a door opens that was closed, or was not there: more can be done than before.
    pub opens: bool,
    /// The change in words.
    pub words: String,
}

/// How far somebody gets, without the numbers, which change by themselves.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Degree {
    Closed,
    None,
    Some,
    All,
}

fn degree(reach: &Reach, table: &TableAccess) -> Degree {
    match reach {
        Reach::NoGrant | Reach::NoPolicy => Degree::Closed,
        Reach::Rows { rows, .. } if table.rows == Some(*rows) => Degree::All,
        Reach::Rows { rows: 0, .. } | Reach::Tried { passed: 0, .. } => Degree::None,
        Reach::Rows { .. } | Reach::Depends | Reach::Tried { .. } => Degree::Some,
        Reach::Allowed | Reach::Unknown { .. } => Degree::All,
    }
}

/// What is different after a change, table by table. A table that is gone takes its access along without a word.
#[must_use]
pub fn changes(before: &AccessTable, after: &AccessTable) -> Vec<AccessChange> {
    let mut changes = Vec::new();
    for table in &after.tables {
        let known = before.table(&table.table);
        for access in &table.access {
            for command in Command::ALL {
                let then = known.and_then(|known| Some((known, known.of(&access.persona)?.reach(command))));
                let now = (table, access.reach(command));
                if let Some((opens, words)) = compare(then, now, command, after.limit) {
                    let (persona, name) = (access.persona.clone(), table.table.clone());
                    let words = format!("`{persona}` {words}").replace("{table}", &shown(&name));
                    changes.push(AccessChange { persona, table: name, command, opens, words });
                }
            }
        }
    }
    changes
}

type Found<'a> = (&'a TableAccess, &'a Reach);

fn compare(then: Option<Found<'_>>, now: Found<'_>, command: Command, limit: u64) -> Option<(bool, String)> {
    let verb = command.verb();
    let was = then.map_or(Degree::Closed, |(table, reach)| degree(reach, table));
    let is = degree(now.1, now.0);
    // An empty table has nothing to see all or none of.
    let is_empty = now.0.rows == Some(0) || then.is_some_and(|(table, _)| table.rows == Some(0));
    if was == is || (is_empty && was != Degree::Closed && is != Degree::Closed) {
        return None;
    }
    let rows = rows_in_words(now.1, now.0, limit);
    Some(match (was, is) {
        (Degree::Closed, _) => (true, format!("may now {verb} `{{table}}`{rows}")),
        (_, Degree::Closed) => (false, format!("may no longer {verb} `{{table}}`")),
        (was, is) if is > was => (true, format!("may {verb} more of `{{table}}` than before{rows}")),
        _ => (false, format!("may {verb} less of `{{table}}` than before{rows}")),
    })
}

/// The name in full: `public` is what most of this is about.
pub(super) fn shown(table: &TableName) -> String {
    format!("{}.{}", table.schema, table.name)
}
