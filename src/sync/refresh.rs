//! Materialized views: refreshed in the transaction that replaces the rows they are made of. Pure.

use std::collections::BTreeMap;

use crate::catalog::Catalog;
use crate::pg::TableName;
use crate::sync::surroundings::Surroundings;

/// The views that are refreshed, in an order in which each finds those it reads, and why others are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Refresh {
    pub(crate) views: Vec<TableName>,
    /// Those of them that hold nothing yet: they do in the source.
    pub(crate) filled: Vec<TableName>,
    pub(crate) left: Vec<String>,
}

/// All that hold rows on either side: which tables a view reads cannot be told when it calls functions.
pub(crate) fn refresh(source: &Catalog, target: &Catalog, surroundings: &Surroundings) -> Refresh {
    let (ours, theirs) = (populated(target), populated(source));
    let has_rows = |view: &TableName, rows: bool| rows || theirs.get(view).copied().unwrap_or(false);
    let all: BTreeMap<TableName, bool> =
        ours.iter().map(|(view, rows)| (view.clone(), has_rows(view, *rows))).collect();
    let mut waiting = all.clone();
    let mut refresh = Refresh::default();
    for (view, owners) in surroundings.all("unrefreshable") {
        if waiting.insert(view.clone(), false) == Some(true) {
            let owners: Vec<&str> = owners.iter().map(String::as_str).collect();
            refresh.left.push(format!(
                "materialized view `{view}` keeps its old rows: only `{}` may refresh it",
                owners.join("`, `")
            ));
        }
    }
    // Those without rows stay so; nobody can read them, so that what reads them cannot be refreshed either.
    waiting.retain(|_, populated| *populated);
    while !waiting.is_empty() {
        let ready: Vec<TableName> = waiting
            .keys()
            .filter(|view| !reads(surroundings, view).iter().any(|read| waiting.contains_key(read)))
            .cloned()
            .collect();
        if ready.is_empty() {
            break; // views cannot read each other in a circle
        }
        for view in ready {
            waiting.remove(&view);
            let unpopulated =
                reads(surroundings, &view).into_iter().find(|read| all.get(read).is_some_and(|rows| !rows));
            match unpopulated {
                Some(read) => refresh.left.push(format!(
                    "materialized view `{view}` keeps its old rows: it reads `{read}`, which was never filled"
                )),
                None => refresh.views.push(view),
            }
        }
    }
    let is_empty = |view: &&TableName| ours.get(*view) == Some(&false);
    refresh.filled = refresh.views.iter().filter(is_empty).cloned().collect();
    refresh
}

fn populated(catalog: &Catalog) -> BTreeMap<TableName, bool> {
    let views = catalog.of_kind("materialized view");
    views
        .map(|(name, facts)| (TableName::new(&name.schema, &name.name), !facts.contains_key("populated")))
        .collect()
}

fn reads(surroundings: &Surroundings, view: &TableName) -> Vec<TableName> {
    surroundings
        .all("reads")
        .filter(|(name, _)| *name == view)
        .flat_map(|(_, reads)| reads)
        .filter_map(|read| TableName::qualified(read))
        .collect()
}

/// Refreshing runs a view's query as whoever reads it would: under the role's own search path, and with policies.
pub(crate) fn statements(views: &[TableName]) -> Vec<String> {
    if views.is_empty() {
        return Vec::new();
    }
    let mut statements =
        vec!["set local search_path to default".to_owned(), "set local row_security = on".to_owned()];
    statements.extend(views.iter().map(|view| format!("refresh materialized view {}", view.sql())));
    statements.push("set local search_path = ''".to_owned());
    statements.push("set local row_security = off".to_owned());
    statements
}

/// Views that are filled for the first time hold nothing again when a backup is put back.
pub(crate) fn emptied_again(filled: &[TableName]) -> Vec<String> {
    filled.iter().map(|view| format!("refresh materialized view {} with no data", view.sql())).collect()
}
