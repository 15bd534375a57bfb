//! The short transaction at the end: the backup, then the staged rows in the place of the old ones.

use std::collections::BTreeMap;

use crate::backup::{Part, Partial};
use crate::error::{Failure, Result};
use crate::parity::{self, TableDigest};
use crate::pg::{Answer, Begin, PgError, PgResult, Session, TableName, Writer};
use crate::plan::Progress;
use crate::sync::carried::Carried;
use crate::sync::details::Details;
use crate::sync::finish::Content;
use crate::sync::plan::{Method, SyncPlan};
use crate::sync::staging::backup::{Old, back_up, drain};
use crate::sync::staging::choice::{Known, Way, choose};
use crate::sync::staging::ground::Ground;
use crate::sync::staging::{Staged, place, room};
use crate::sync::undo;

/// Of how many staged rows it was looked up whether the target has them, and of how many it has not.
pub(crate) type Sample = Option<(u64, u64)>;

/// Looks up how much of each table changes. Nobody waits for it.
pub(crate) async fn sample(
    writer: &mut Writer<'_>,
    plan: &SyncPlan,
    staged: &[Staged],
) -> Result<Vec<Sample>> {
    let mut samples = vec![None; staged.len()];
    for (number, (carried, staged)) in plan.details.tables.iter().zip(staged).enumerate() {
        if let Some(sql) = place::sample(carried, &staged.berth, staged.digest.rows, number) {
            writer.send(&sql)?;
        }
    }
    for answer in drain(writer).await? {
        if let Some(row) = answer.rows().first() {
            let number: usize = row.get("number")?;
            samples[number] = Some((row.get("rows")?, row.get("changed")?));
        }
    }
    Ok(samples)
}

/// What goes into place.
pub(crate) struct Swap<'a> {
    pub(crate) plan: &'a SyncPlan,
    pub(crate) staged: &'a [Staged],
    pub(crate) samples: &'a [Sample],
    pub(crate) progress: &'a dyn Progress,
}

/// What both sides held.
pub(crate) struct Contents {
    pub(crate) target: Content,
    source_users: Vec<Vec<Option<String>>>,
}

impl Swap<'_> {
    /// Does everything but COMMIT.
    pub(crate) async fn swap(
        &self,
        source: &mut Session,
        writer: &mut Writer<'_>,
        begin: &Begin,
        backup: Partial,
    ) -> Result<(Contents, Partial, Part)> {
        let plan = self.plan;
        self.progress.phase("backing up", 0);
        let source_users = users(source.run(&undo::users_digest(plan)).await?)?;
        let old = back_up(source, writer, plan, begin, &backup).await?;
        let Old { digests: before, users: old_users, has_stale_users, has_new_shells, part } = old;
        let before = digests(plan, before)?;
        let users_change = users(old_users)? != source_users || has_stale_users || has_new_shells;

        let ways = self.ways(&before, users_change);
        self.progress.phase("putting rows into place", plan.tables.len() as u64);
        let ground = Ground::observe(writer, plan, &ways).await?;
        let change =
            Change { ways: &ways, ground: ground.as_ref(), with_users: users_change, has_stale_users };
        for statement in self.statements(&change) {
            writer.send(&statement)?;
        }
        let tables = &plan.details.tables;
        writer.send(&parity::relations_query(tables.iter().map(Carried::here)))?;
        writer.send(&undo::users_digest(plan))?;
        writer.send(&room::leave())?;
        let mut answers = drain(writer)
            .await
            .map_err(|error| Failure::from(error).context("nothing was changed in the target"))?;
        if let Some(ground) = &ground {
            ground.check(writer).await?;
        }
        self.progress.finish();
        answers.pop();
        let mut last = || answers.pop().ok_or_else(|| PgError::Protocol("an answer is missing".to_owned()));
        let users = users(last()?)?;
        let after = digests(plan, last()?)?;
        Ok((Contents { target: Content { before, after, users }, source_users }, backup, part))
    }

    /// What the source holds, as far as it was compared with what is staged.
    pub(crate) fn source_content(&self, contents: &Contents) -> Content {
        let after = self.plan.tables.iter().zip(self.staged);
        Content {
            before: BTreeMap::new(),
            after: after.map(|(table, staged)| (table.clone(), staged.digest.clone())).collect(),
            users: contents.source_users.clone(),
        }
    }

    fn ways(&self, before: &BTreeMap<TableName, TableDigest>, users_change: bool) -> Vec<Way> {
        let tables = self.plan.details.tables.iter().zip(self.staged).zip(self.samples);
        let known: Vec<Known<'_>> = tables
            .filter_map(|((carried, staged), sample)| {
                let before = before.get(&carried.target.name)?;
                let unnamed = &self.plan.details.unnamed;
                let is_unnamed = unnamed.iter().any(|(table, _)| *table == carried.target.name);
                Some(Known { carried, staged: &staged.digest, before, sample: *sample, is_unnamed })
            })
            .collect();
        choose(&known, self.plan.method, users_change)
    }

    /// One message each. Tables whose readers must wait come last.
    fn statements(&self, change: &Change<'_>) -> Vec<String> {
        let tables = &self.plan.details.tables;
        let placed = || tables.iter().zip(self.staged).zip(change.ways);
        let mut statements = Vec::new();
        if self.plan.method == Method::LoadOrder {
            statements.extend(undo::spare_users(self.plan));
            statements.extend(undo::clear(self.plan));
        } else {
            statements.extend(self.users_and_merges(change));
        }
        statements.extend(change.ground.into_iter().flat_map(Ground::takes_down));
        if self.plan.method == Method::ReplicaRole {
            statements.extend(empty(tables, change.ways));
        }
        let replaced = placed().filter(|(_, way)| **way == Way::Replace);
        statements.extend(replaced.map(|((carried, staged), _)| place::insert(carried, &staged.berth)));
        let steps = change.ground.into_iter().flat_map(|ground| ground.puts_up(self.plan));
        statements.extend(steps.flat_map(|step| step.statements));
        statements.extend(self.plan.details.after_load().cloned());
        statements
    }

    /// Everything that readers do not wait for.
    fn users_and_merges(&self, change: &Change<'_>) -> Vec<String> {
        let Details { tables, before_load, auth_columns, .. } = &self.plan.details;
        let placed = || tables.iter().zip(self.staged).zip(change.ways);
        let mut statements = before_load.clone();
        if change.with_users && !auth_columns.is_empty() {
            // A user can only go when no row refers to him any more.
            if change.has_stale_users {
                statements.extend(placed().filter_map(|((carried, staged), way)| match way {
                    Way::Merge => Some(place::delete(carried, &staged.berth)),
                    Way::Rewrite => Some(place::delete_all(carried)),
                    Way::Keep | Way::Replace => None,
                }));
                statements.extend(empty(tables, change.ways));
            }
            // A trigger on `auth.users` may make rows for those that come: they go with the other old ones.
            statements.extend(undo::spare_users(self.plan));
            statements.extend(undo::replace_users(self.plan));
        }
        for ((carried, staged), way) in placed() {
            match way {
                Way::Keep | Way::Replace => {}
                Way::Merge => {
                    statements.push(place::delete(carried, &staged.berth));
                    statements.push(place::insert_missing(carried, &staged.berth));
                }
                Way::Rewrite => {
                    statements.push(place::delete_all(carried));
                    statements.push(place::insert(carried, &staged.berth));
                }
            }
        }
        statements
    }
}

/// What is to be done, beside the rows themselves.
struct Change<'a> {
    ways: &'a [Way],
    ground: Option<&'a Ground>,
    with_users: bool,
    has_stale_users: bool,
}

/// Empties the tables that are replaced, all at once. Their readers wait from here on.
fn empty(tables: &[Carried], ways: &[Way]) -> Option<String> {
    let replaced = tables.iter().zip(ways).filter(|(_, way)| **way == Way::Replace);
    let names: Vec<String> = replaced.map(|(carried, _)| carried.target.from_clause()).collect();
    (!names.is_empty()).then(|| format!("truncate table {}", names.join(", ")))
}

fn digests(plan: &SyncPlan, answer: Answer) -> PgResult<BTreeMap<TableName, TableDigest>> {
    parity::relation_digests(plan.tables.iter(), &answer.rows())
}

fn users(answer: Answer) -> PgResult<Vec<Vec<Option<String>>>> {
    let mut rows: Vec<_> = answer.ok()?.rows().iter().map(|row| row.values().to_vec()).collect();
    rows.sort();
    Ok(rows)
}
