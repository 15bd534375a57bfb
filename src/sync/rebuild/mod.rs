//! Taking down what makes loading rows slow, and putting it up again exactly as it was, within one transaction: indexes,
//! the primary keys and other constraints that are indexes, and foreign keys. Whoever replaces many rows of live tables
//! uses it. Pure, but for the one message that asks what stands there.
//!
//! The order is the caller's, all of it in the transaction that replaces the rows:
//!
//! 1. `lock table .. in access exclusive mode`: nobody changes the schema from here on.
//! 2. Send [`query`] and give the answer to [`Rebuild::read`]. Say with [`Rebuild::keep`] what shall stand: small tables
//!    are filled faster as they are.
//! 3. [`Rebuild::takes_down`], then `truncate`, then the rows.
//! 4. [`Rebuild::puts_up`] of a table as soon as its rows are there, then [`Rebuild::foreign_keys`] once all rows of all
//!    tables are. The server checks each valid one against all rows.
//! 5. Before COMMIT: [`Schema::read`] must be what it was after step 1. A difference is a bug of this module, and nothing is
//!    committed.
//!
//! The session's `search_path` must be empty, as in every session of ours.
//!
//! Left in place, because it could not be made again or belongs to others: what a view, a function or an extension depends
//! on, foreign keys that leave the set or come into it, those whose triggers somebody switched off, invalid indexes, and
//! all that stands on tables of another owner.

mod index;
mod key;
mod schema;

use std::collections::BTreeSet;

use self::index::Index;
use self::key::Key;
pub(crate) use self::schema::Schema;
use crate::pg::{Answer, PgResult, TableName};

/// What stands on tables, and which of it goes and comes again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Rebuild {
    relations: Vec<Standing>,
    indexes: Vec<Index>,
    keys: Vec<Key>,
}

/// A table or a partition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Which.
    pub(crate) name: TableName,
    /// Who owns it.
    pub(crate) owner: String,
    /// Whether we may do with it what owners may.
    pub(crate) is_owned: bool,
    /// Bytes of the rows it holds now.
    pub(crate) bytes: u64,
}

/// One thing that is put up again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// Its name, for people.
    pub(crate) what: String,
    /// The statements, to be run in order.
    pub(crate) statements: Vec<String>,
}

/// Asks what stands on `tables` and on all their partitions. One message.
pub(crate) fn query<'a>(tables: impl IntoIterator<Item = &'a TableName>) -> String {
    let tables: Vec<String> = tables.into_iter().map(|table| crate::pg::literal(&table.sql())).collect();
    let tree = format!(
        "tree as (select distinct on (1) coalesce(p.relid, r.oid)::oid as oid, r.oid::oid as root \
         from unnest(array[{}]::pg_catalog.regclass[]) r (oid) \
         left join lateral pg_catalog.pg_partition_tree(r.oid) p on true)",
        tables.join(", ")
    );
    include_str!("standing.sql").replace("{tree}", &tree)
}

impl Rebuild {
    /// Reads the answer to [`query`].
    pub(crate) fn read(answer: Answer) -> PgResult<Self> {
        let mut results = answer.ok()?.results.into_iter();
        let mut next = || results.next().unwrap_or_default();
        let relations = next()
            .iter()
            .map(|row| {
                Ok(Standing {
                    name: TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?),
                    owner: row.get("owner")?,
                    is_owned: row.flag("is_owned"),
                    bytes: row.get("bytes")?,
                })
            })
            .collect::<PgResult<_>>()?;
        let indexes = next().iter().map(Index::read).collect::<PgResult<_>>()?;
        let keys = next().iter().map(Key::read).collect::<PgResult<_>>()?;
        let mut rebuild = Self { relations, indexes, keys };
        rebuild.settle();
        Ok(rebuild)
    }

    /// The tables and their partitions.
    pub(crate) fn relations(&self) -> &[Standing] {
        &self.relations
    }

    /// Leaves the indexes of some of the tables, and of their partitions, where they are.
    pub(crate) fn keep(&mut self, is_kept: impl Fn(&TableName) -> bool) {
        self.indexes.retain(|index| !is_kept(&index.root));
    }

    /// Leaves foreign keys to whoever takes them down with one of these statements.
    pub(crate) fn keep_keys(&mut self, statements: &[String]) {
        self.keys.retain(|key| !statements.contains(&key.takes_down()));
    }

    /// What cannot be taken down stays, and with it all that it needs.
    fn settle(&mut self) {
        let held: BTreeSet<u32> = self
            .keys
            .iter()
            .filter(|key| key.is_held)
            .map(|key| key.family)
            .chain(self.indexes.iter().filter(|index| index.is_held).map(|index| index.family))
            .collect();
        self.keys.retain(|key| !key.is_held);
        self.indexes.retain(|index| !held.contains(&index.family));
    }

    /// The statements that take everything down: foreign keys first, since they stand on indexes.
    pub(crate) fn takes_down(&self) -> Vec<String> {
        let roots = self.indexes.iter().filter(|index| index.parent.is_none());
        self.keys.iter().map(Key::takes_down).chain(roots.map(Index::takes_down)).collect()
    }

    /// What puts the indexes of a table and of all its partitions up again.
    pub(crate) fn puts_up(&self, table: &TableName) -> Vec<Step> {
        self.indexes
            .iter()
            .filter(|index| index.root == *table)
            .map(|index| index.puts_up(self.indexes.iter().filter(|child| child.parent == Some(index.oid))))
            .collect()
    }

    /// What puts the foreign keys up again.
    pub(crate) fn foreign_keys(&self) -> Vec<Step> {
        self.keys.iter().map(Key::puts_up).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_run_as_sql() {
        let sql = query([&TableName::new("public", "a\n; drop table b; --")]);

        let behind_a_comment = |line: &str| line.starts_with("--") && line.contains("public");
        assert!(!sql.lines().any(behind_a_comment), "{sql}");
    }
}
