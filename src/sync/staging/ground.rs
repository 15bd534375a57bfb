//! Indexes and keys of tables that are replaced: taken down before their rows come, and put up again behind them.

use crate::error::Result;
use crate::pg::{Answer, TableName, Writer};
use crate::sync::plan::SyncPlan;
use crate::sync::rebuild::{self, Rebuild, Schema, Step};
use crate::sync::report::ApplyError;
use crate::sync::staging::choice::Way;

/// A table with fewer bytes is filled faster with its indexes in place.
const WORTH_REBUILDING: u64 = 1024 * 1024;

/// Sorting for an index gets what a server of this size can spare, and several processes build one.
const SETTINGS: &str = "select pg_catalog.set_config('maintenance_work_mem', greatest(\
      pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')), \
      least(pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')), 268435456)) / 1024 || 'kB', true); \
    set local default_tablespace = ''; set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0; \
    set local min_parallel_table_scan_size = '1MB'";

/// What stands on the tables that are replaced, as it was before anything was touched.
pub(crate) struct Ground {
    rebuild: Rebuild,
    schema: Schema,
}

impl Ground {
    /// Looks at it, where that is worth while. Writers are stopped already, and with them everybody who would change
    /// the schema of these tables; readers are not.
    pub(crate) async fn observe(
        writer: &mut Writer<'_>,
        plan: &SyncPlan,
        ways: &[Way],
    ) -> Result<Option<Self>> {
        let replaced: Vec<(&TableName, u64)> = plan
            .tables
            .iter()
            .zip(&plan.details.transfers)
            .zip(ways)
            .filter(|(_, way)| **way == Way::Replace)
            .map(|((table, transfer), _)| (table, transfer.bytes))
            .collect();
        if replaced.iter().all(|(_, bytes)| *bytes < WORTH_REBUILDING) {
            return Ok(None);
        }
        writer.send(SETTINGS)?;
        writer.send(&rebuild::query(replaced.iter().map(|(table, _)| *table)))?;
        writer.receive().await.and_then(Answer::ok)?;
        let mut rebuild = Rebuild::read(writer.receive().await?)?;
        let schema = Schema::read(writer, rebuild.relations()).await?;
        rebuild
            .keep(|table| replaced.iter().any(|(name, bytes)| *name == table && *bytes < WORTH_REBUILDING));
        rebuild.keep_keys(&plan.details.before_load);
        Ok(Some(Self { rebuild, schema }))
    }

    /// The statements that take everything down. A table with checks ahead of it cannot be altered.
    pub(crate) fn takes_down(&self) -> Vec<String> {
        let immediate = std::iter::once("set constraints all immediate".to_owned());
        immediate.chain(self.rebuild.takes_down()).collect()
    }

    /// What puts everything up again, once all rows are there.
    pub(crate) fn puts_up(&self, plan: &SyncPlan) -> Vec<Step> {
        let indexes = plan.tables.iter().flat_map(|table| self.rebuild.puts_up(table));
        indexes.chain(self.rebuild.foreign_keys()).collect()
    }

    /// Before COMMIT: everything is again what it was.
    pub(crate) async fn check(&self, writer: &mut Writer<'_>) -> Result<()> {
        let schema = Schema::read(writer, self.rebuild.relations()).await?;
        match self.schema.first_difference(&schema) {
            None => Ok(()),
            Some(object) => Err(ApplyError::NotRebuilt { object: object.to_string() }.into()),
        }
    }
}
