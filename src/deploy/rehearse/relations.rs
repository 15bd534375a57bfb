//! The tables that were there before the files ran, and what a transaction has done to them so far.

use std::collections::{BTreeMap, BTreeSet};

use crate::deploy::rehearse::lock::LockMode;
use crate::deploy::rehearse::report::{BuiltIndex, RehearsedFile, SizedTable, TableLock, WrittenRows};
use crate::lint::LiveFacts;
use crate::pg::{PgResult, Row, TableName};

/// Every table that is no system catalog and none of the history's.
pub(crate) const TABLES: &str = "select c.oid, n.nspname as schema, c.relname as name, \
    pg_catalog.pg_relation_filenode(c.oid) as storage \
    from pg_catalog.pg_class c join pg_catalog.pg_namespace n on n.oid = c.relnamespace \
    where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' \
      and n.nspname not in ('information_schema', 'supabase_migrations')";

/// The tables that were there before, and what has been seen of them.
#[derive(Debug, Default)]
pub(crate) struct Relations {
    tables: BTreeMap<String, Known>,
    indexes: BTreeSet<String>,
}

#[derive(Debug)]
struct Known {
    table: TableName,
    live_rows: Option<u64>,
    storage: Option<String>,
    lock: Option<LockMode>,
    written: [u64; 3],
}

impl Known {
    fn sized(&self) -> SizedTable {
        SizedTable { table: self.table.clone(), live_rows: self.live_rows }
    }
}

impl Relations {
    /// The tables in the rows of [`TABLES`] and the indexes in those of [`Self::indexes_query`].
    pub(crate) fn from_rows(rows: &[Row], facts: &LiveFacts) -> PgResult<Self> {
        let mut tables = BTreeMap::new();
        for row in rows {
            let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
            let live_rows = facts.counted_rows(&format!("{}.{}", table.schema, table.name));
            let storage = row.text("storage").map(str::to_owned);
            tables.insert(row.get("oid")?, Known { table, live_rows, storage, lock: None, written: [0; 3] });
        }
        Ok(Self { tables, indexes: BTreeSet::new() })
    }

    fn list(&self) -> String {
        let oids: Vec<&str> = self.tables.keys().map(String::as_str).collect();
        format!("'{{{}}}'::oid[]", oids.join(","))
    }

    /// The locks of this transaction on those tables, and the storage they have by now.
    pub(crate) fn locks_query(&self) -> String {
        format!(
            "select l.relation as oid, l.mode, pg_catalog.pg_relation_filenode(l.relation) as storage \
             from pg_catalog.pg_locks l where l.pid = pg_catalog.pg_backend_pid() and l.locktype = 'relation' \
             and l.granted and l.relation = any ({})",
            self.list()
        )
    }

    /// The storage they have by now, where locks are gone already.
    pub(crate) fn storage_query(&self) -> String {
        format!(
            "select oid, pg_catalog.pg_relation_filenode(oid) as storage from unnest({}) oid",
            self.list()
        )
    }

    /// The indexes on them.
    pub(crate) fn indexes_query(&self) -> String {
        format!(
            "select i.indexrelid as oid, i.indrelid as on, c.relname as name from pg_catalog.pg_index i \
             join pg_catalog.pg_class c on c.oid = i.indexrelid where i.indrelid = any ({})",
            self.list()
        )
    }

    /// The rows that this transaction has written in them.
    pub(crate) fn written_query(&self) -> String {
        format!(
            "select relid as oid, n_tup_ins as inserted, n_tup_upd as updated, n_tup_del as deleted \
             from pg_catalog.pg_stat_xact_all_tables \
             where n_tup_ins + n_tup_upd + n_tup_del > 0 and relid = any ({})",
            self.list()
        )
    }

    /// The locks that came, or grew, since they were last looked at.
    pub(crate) fn see_locks(&mut self, rows: &[Row], file: &mut RehearsedFile) -> PgResult<()> {
        let mut grown: BTreeMap<String, LockMode> = BTreeMap::new();
        for row in rows {
            let oid: String = row.get("oid")?;
            let Some(mode) = row.text("mode").and_then(LockMode::parse) else { continue };
            let Some(known) = self.tables.get_mut(&oid) else { continue };
            if known.lock.is_none_or(|held| held < mode) {
                known.lock = Some(mode);
                grown.insert(oid, mode);
            }
        }
        let locks =
            grown.iter().map(|(oid, mode)| TableLock { table: self.tables[oid].sized(), mode: *mode });
        let mut locks: Vec<TableLock> = locks.collect();
        locks.sort_by(|one, other| other.mode.cmp(&one.mode).then(one.table.table.cmp(&other.table.table)));
        file.locks = Some(locks);
        self.see_storage(rows, file)
    }

    /// The tables whose storage is another one since they were last looked at.
    pub(crate) fn see_storage(&mut self, rows: &[Row], file: &mut RehearsedFile) -> PgResult<()> {
        for row in rows {
            let Some(known) = self.tables.get_mut(&row.get::<String>("oid")?) else { continue };
            let storage = row.text("storage").map(str::to_owned);
            // A table that is gone has none.
            if storage.is_some() && storage != known.storage {
                file.rewritten.push(known.sized());
                known.storage = storage;
            }
        }
        Ok(())
    }

    /// The indexes that came since they were last looked at.
    pub(crate) fn see_indexes(&mut self, rows: &[Row], file: Option<&mut RehearsedFile>) -> PgResult<()> {
        let mut built = Vec::new();
        for row in rows {
            let on: String = row.get("on")?;
            if self.indexes.insert(row.get("oid")?)
                && let Some(known) = self.tables.get(&on)
            {
                built.push(BuiltIndex { index: row.get("name")?, on: known.sized() });
            }
        }
        if let Some(file) = file {
            file.indexes = built;
        }
        Ok(())
    }

    /// The rows written since they were last counted.
    pub(crate) fn see_written(&mut self, rows: &[Row], file: &mut RehearsedFile) -> PgResult<()> {
        for row in rows {
            let Some(known) = self.tables.get_mut(&row.get::<String>("oid")?) else { continue };
            let now: [u64; 3] = [row.get("inserted")?, row.get("updated")?, row.get("deleted")?];
            let [inserted, updated, deleted] =
                [0, 1, 2].map(|index: usize| now[index].saturating_sub(known.written[index]));
            known.written = now;
            if inserted + updated + deleted > 0 {
                file.rows.push(WrittenRows { table: known.table.clone(), inserted, updated, deleted });
            }
        }
        Ok(())
    }

    /// A transaction is over: its locks and counters are gone.
    pub(crate) fn forget_transaction(&mut self) {
        for known in self.tables.values_mut() {
            (known.lock, known.written) = (None, [0; 3]);
        }
    }
}
