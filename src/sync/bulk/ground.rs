//! The target before anything of it is touched: locked, and known.

use crate::pg::{Begin, PgResult, TableName, Writer};
use crate::plan::Progress;
use crate::sync::locked::{Numbers, SETTINGS};
use crate::sync::plan::SyncPlan;
use crate::sync::rebuild::{self, Rebuild, Schema, Standing};

/// What every role may set. Sorting for an index gets what a server of this size can spare. Several processes build one
/// index and digest one table, however cheap the planner thinks it is.
const MEMORY: &str = "select pg_catalog.set_config('maintenance_work_mem', greatest(\
      pg_catalog.pg_size_bytes(pg_catalog.current_setting('maintenance_work_mem')), \
      least(pg_catalog.pg_size_bytes(pg_catalog.current_setting('shared_buffers')), 268435456)) / 1024 || 'kB', true); \
    set local default_tablespace = ''; set local parallel_setup_cost = 0; set local parallel_tuple_cost = 0; \
    set local min_parallel_table_scan_size = '1MB'";

/// A table with fewer bytes is filled faster with its indexes in place.
const WORTH_REBUILDING: u64 = 1024 * 1024;

/// The target, locked.
pub(super) struct Ground {
    pub(super) rebuild: Rebuild,
    pub(super) schema: Schema,
}

impl Ground {
    /// Begins the transaction and takes the locks. Whatever fails here leaves everything as it was.
    pub(super) async fn prepare(
        writer: &mut Writer<'_>,
        (begin, numbers): (&Begin, &Numbers),
        plan: &SyncPlan,
        progress: &dyn Progress,
    ) -> PgResult<Self> {
        writer.begin(begin, &format!("{SETTINGS}; {MEMORY}"))?;
        numbers.send_lock(writer, plan, &lock(plan))?;
        writer.send(&rebuild::query(&plan.tables))?;
        for _ in 0..3 {
            writer.receive().await?.ok()?;
        }
        let mut rebuild = Rebuild::read(writer.receive().await?)?;
        let schema = Schema::read(writer, rebuild.relations()).await?;
        for Standing { name, owner, .. } in rebuild.relations().iter().filter(|standing| !standing.is_owned) {
            progress.notice(&format!("the indexes of `{name}` stay while it is filled: `{owner}` owns it"));
        }
        let sizes = plan.tables.iter().zip(&plan.details.transfers);
        let small: Vec<_> =
            sizes.filter(|(_, size)| size.bytes < WORTH_REBUILDING).map(|(table, _)| table).collect();
        rebuild.keep(|table| small.contains(&table));
        rebuild.keep_keys(&plan.details.before_load);
        Ok(Self { rebuild, schema })
    }

    /// Bytes of the rows that are there now.
    pub(super) fn old_bytes(&self) -> u64 {
        self.rebuild.relations().iter().map(|standing| standing.bytes).sum()
    }
}

/// Everybody else waits from here to COMMIT: what is backed up is what is replaced.
fn lock(plan: &SyncPlan) -> String {
    let tables: Vec<String> = plan.tables.iter().map(TableName::sql).collect();
    if tables.is_empty() {
        String::new()
    } else {
        format!("lock table {} in access exclusive mode", tables.join(", "))
    }
}
