//! The source's tables while they are read: nobody may take away what its snapshot shows.

use crate::error::{Failure, Result};
use crate::pg::{Session, blockers, literal};
use crate::sync::plan::SyncPlan;

/// Keeps everybody from emptying, rewriting or dropping the tables until the snapshot is let go, which TRUNCATE and ALTER TABLE
/// do to all snapshots at once, and fails where that has happened since it was taken. Before anything of the target is
/// locked, since this may have to wait.
pub(crate) async fn hold(source: &mut Session, plan: &SyncPlan) -> Result<()> {
    if plan.tables.is_empty() {
        return Ok(());
    }
    match source.run(&statement(plan)).await {
        Ok(_) => Ok(()),
        Err(error) => {
            let failure = Failure::from(error).context("reading the source");
            Err(blockers::name_at_end(std::slice::from_ref(source.target()), failure).await)
        }
    }
}

fn statement(plan: &SyncPlan) -> String {
    let tables: Vec<String> = plan
        .details
        .tables
        .iter()
        .map(|carried| {
            let table = &carried.target;
            format!("({}::regclass, {})", literal(&table.name.sql()), literal(&table.from_clause()))
        })
        .collect();
    let body = BODY.replace("{tables}", &tables.join(", "));
    format!("set local lock_timeout = '10s'; do {}", literal(&body))
}

/// Whoever may read only some columns may not lock the table; reading it will.
const BODY: &str = "declare one record; moved text; begin \
    for one in select * from (values {tables}) as t (id, name) loop \
      if has_table_privilege(one.id, 'select') then execute 'lock table ' || one.name || ' in access share mode'; \
      else execute 'select 1 from ' || one.name || ' limit 0'; end if; \
    end loop; \
    select string_agg('`' || m.id::regclass::text || '`', ', ') into moved from ( \
      select t.id::oid from (values {tables}) as t (id, name) \
      union select p.relid::oid from (values {tables}) as t (id, name), lateral pg_catalog.pg_partition_tree(t.id) p) as m \
    left join pg_catalog.pg_class c on c.oid = m.id \
    where nullif(c.relfilenode, 0) is distinct from pg_catalog.pg_relation_filenode(m.id); \
    if moved is not null then \
      raise exception '% was emptied or rewritten since it was looked at', moved using errcode = '55000', \
      hint = 'run the command again: it starts from what the source holds now'; end if; end";
