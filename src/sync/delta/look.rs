//! The first look at both sides: which tables differ, and in about how many rows. Before anybody is asked.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::error::Result;
use crate::parity::TableDigest;
use crate::pg::{Answer, PgError, PgResult, Row, Session, TableName};
use crate::sync::apply::Ends;
use crate::sync::cause::of_source;
use crate::sync::delta::class::{key, look_query};
use crate::sync::delta::estimate::Buckets;
use crate::sync::plan::SyncPlan;
use crate::sync::undo;

/// So many rows are few, whether all of them differ or not.
const FEW: u64 = 10_000;

/// What a look at both sides has found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// The tables whose rows differ, in load order.
    pub tables: Vec<ChangedTable>,
    /// Rows of the source that were looked at.
    pub rows: u64,
    /// Whether the auth users that go along differ, or those that rows refer to.
    pub users: bool,
    /// Whether a sequence differs.
    pub sequences: bool,
    /// What the source holds.
    #[serde(skip)]
    pub(crate) source: BTreeMap<TableName, TableDigest>,
    /// The auth users of the source.
    #[serde(skip)]
    pub(crate) source_users: Vec<Vec<Option<String>>>,
}

/// A table whose rows differ.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChangedTable {
    /// Which.
    pub table: TableName,
    /// Its rows on the side that has more of them.
    pub rows: u64,
    /// About how many of them differ; `None`: most.
    pub differing: Option<u64>,
}

impl Changes {
    /// Whether both sides hold the same.
    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty() && !self.users && !self.sequences
    }

    /// About how many of the target's bytes differ, if all rows are of the same size.
    pub(crate) fn old_bytes(&self, target_bytes: u64) -> u64 {
        let differing = |table: &ChangedTable| table.differing.unwrap_or(table.rows);
        let rows: u64 = self.tables.iter().map(differing).sum();
        let share = u128::from(target_bytes) * u128::from(rows) / u128::from(self.rows.max(rows).max(1));
        u64::try_from(share).unwrap_or(target_bytes)
    }
}

/// What one side said.
struct Seen {
    tables: Vec<(TableDigest, Buckets)>,
    users: Vec<Vec<Option<String>>>,
    /// A digest of the users that rows refer to, where those come along as shells.
    referred: Option<String>,
}

/// Looks at both sides, each in one flight. The source's snapshot is the one from which the plan was made.
pub(crate) async fn look(ends: &mut Ends<'_>, plan: &SyncPlan) -> Result<Changes> {
    let tables = &plan.details.tables;
    for carried in tables {
        ends.source.send(&look_query(&carried.there(), &key(carried), tables.len()))?;
        ends.target.send(&look_query(&carried.here(), &key(carried), tables.len()))?;
    }
    let selected = &plan.selected;
    for (session, referred) in
        [(&mut *ends.source, &selected.referred_users), (&mut *ends.target, &selected.referred_there)]
    {
        session.send(&undo::users_digest(plan))?;
        session.send(&referred_digest(referred.as_deref()))?;
    }
    let (left, right) = tokio::join!(see(ends.source, tables.len()), see(ends.target, tables.len()));
    let left = left.map_err(of_source)?;
    Ok(compare(plan, left, right?))
}

/// Rows that came could refer to users who did not: whoever is referred to must be the same on both sides.
fn referred_digest(referred: Option<&str>) -> String {
    let users = referred.unwrap_or("select null::uuid as id where false");
    format!(
        "select count(*) || ' ' || coalesce(sum(uuid_hash_extended(id, 0)), 0) as users \
         from (select distinct id from ({users}) as found where id is not null) as referred"
    )
}

async fn see(session: &mut Session, tables: usize) -> PgResult<Seen> {
    let (mut seen, mut failure) = (Vec::new(), None);
    // Every answer is fetched, so that an error leaves no other's answer behind.
    for _ in 0..tables {
        let answer = session.receive().await?;
        match answer.ok().and_then(|answer| table(&answer.rows())) {
            Ok(table) => seen.push(table),
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    let users = session.receive().await?;
    let referred = session.receive().await?;
    match failure {
        Some(error) => Err(error),
        None => Ok(Seen {
            tables: seen,
            users: users_of(users)?,
            referred: referred.ok()?.rows().first().and_then(|row| row.text("users")).map(str::to_owned),
        }),
    }
}

pub(crate) fn users_of(answer: Answer) -> PgResult<Vec<Vec<Option<String>>>> {
    let mut rows: Vec<_> = answer.ok()?.rows().iter().map(|row| row.values().to_vec()).collect();
    rows.sort();
    Ok(rows)
}

fn table(rows: &[Row]) -> PgResult<(TableDigest, Buckets)> {
    let wrong = || PgError::Protocol("a look at a table gave no sums".to_owned());
    let row = rows.first().ok_or_else(wrong)?;
    let digest = TableDigest { rows: row.get("rows")?, digest: row.get("digest")? };
    let buckets = Buckets::parse(row.get("buckets")?, row.text("sums").unwrap_or_default());
    Ok((digest, buckets.ok_or_else(wrong)?))
}

fn compare(plan: &SyncPlan, left: Seen, right: Seen) -> Changes {
    let mut changes = Changes {
        users: left.users != right.users || left.referred != right.referred,
        sequences: plan.details.setvals != plan.details.previous_setvals,
        source_users: left.users,
        ..Changes::default()
    };
    for ((carried, (ours, our_buckets)), (theirs, their_buckets)) in
        plan.details.tables.iter().zip(left.tables).zip(right.tables)
    {
        changes.rows += ours.rows;
        if ours != theirs {
            let all = ours.rows + theirs.rows;
            let differing = our_buckets.differing(&their_buckets).or((all <= FEW).then_some(all));
            changes.tables.push(ChangedTable {
                table: carried.target.name.clone(),
                rows: ours.rows.max(theirs.rows),
                // The digests differ, so something does.
                differing: differing.map(|rows| rows.max(ours.rows.abs_diff(theirs.rows)).max(1)),
            });
        }
        changes.source.insert(carried.target.name.clone(), ours);
    }
    changes
}
