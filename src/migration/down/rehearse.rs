//! Rehearsal: the way there and back on a throwaway server, before the target is touched.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::cancel::Cancel;
use crate::catalog::{Catalog, Change, Difference, ObjectName, diff};
use crate::error::{Failure, Kind, Result};
use crate::guard::{self, Answers};
use crate::local::ClusterOptions;
use crate::migration::down::apply;
use crate::migration::down::error::DownError;
use crate::migration::down::plan::{DownPlan, plan};
use crate::migration::version::Version;
use crate::migration::{self, Directory, History, Options, Step, history, squash};
use crate::plan::{Render, Silent};
use crate::replay::Replay;
use crate::ui::Style;

/// What a rehearsal showed.
#[derive(Debug, Clone, Serialize)]
pub struct Rehearsal {
    /// Why it did not take place, if it did not.
    pub skipped: Option<String>,
    /// In what the schema afterwards is not what it was before the migrations: the author of a down half may want
    /// it so.
    pub leftovers: Vec<String>,
    #[serde(skip)]
    expectation: Option<Expectation>,
}

/// The schema with and without the migrations, as it must be found on the target.
#[derive(Debug, Clone)]
pub struct Expectation {
    with: Catalog,
    without: Catalog,
}

impl Rehearsal {
    fn skipped(failure: &Failure) -> Self {
        Self { skipped: Some(failure.to_string()), leftovers: Vec::new(), expectation: None }
    }

    /// What the target must look like; nothing when there was no rehearsal.
    #[must_use]
    pub fn expectation(&self) -> Option<&Expectation> {
        self.expectation.as_ref()
    }

    /// Whether the schema comes back to what it was.
    #[must_use]
    pub fn leads_back(&self) -> bool {
        self.skipped.is_none() && self.leftovers.is_empty()
    }
}

impl Expectation {
    /// Whether the target changed as rehearsed. Where it was the same before, it must be the same afterwards; where it
    /// had drifted, the same objects must have changed.
    pub fn check(&self, before: &Catalog, after: &Catalog) -> Result<(), DownError> {
        if diff(&self.with, before).is_empty() {
            return match diff(&self.without, after).first() {
                None => Ok(()),
                Some(first) => {
                    let missing = diff(before, after).iter().all(|change| change.object != first.object);
                    Err(DownError::NotAsRehearsed { object: first.object.to_string(), missing })
                }
            };
        }
        let (expected, found) = (changed(&self.with, &self.without), changed(before, after));
        match expected.symmetric_difference(&found).next() {
            None => Ok(()),
            Some(object) => Err(DownError::NotAsRehearsed {
                object: object.to_string(),
                missing: expected.contains(object),
            }),
        }
    }
}

fn changed(before: &Catalog, after: &Catalog) -> BTreeSet<ObjectName> {
    diff(before, after).into_iter().map(|difference| difference.object).collect()
}

/// Applies everything that is applied on a fresh server, and undoes there what is to be undone.
///
/// Files that do not run there (they may want an extension that only the platform has) make it a rehearsal that did
/// not take place. An inverse that does not run there, or does not lead back, is refused.
pub async fn rehearse(
    options: &ClusterOptions,
    directory: &Directory,
    history: &History,
    planned: &DownPlan,
    cancel: &Cancel,
) -> Result<Rehearsal> {
    let mut replay = match Replay::start(options, cancel).await {
        Ok(replay) => replay,
        Err(failure) if cancel.is_raised() => return Err(failure),
        Err(failure) => return Ok(Rehearsal::skipped(&failure)),
    };
    let result = rehearse_on(&mut replay, directory, (history, planned), cancel).await;
    replay.end().await?;
    result
}

async fn rehearse_on(
    replay: &mut Replay,
    directory: &Directory,
    (history, planned): (&History, &DownPlan),
    cancel: &Cancel,
) -> Result<Rehearsal> {
    let versions: Vec<Version> = planned.steps.iter().map(|step| step.version.clone()).collect();
    let history = squash::folded(directory, history);
    let stays = |version: &Version| history.get(version).is_some() && !versions.contains(version);
    let mut before = None;
    for is_meant in [&stays as &dyn Fn(&Version) -> bool, &|version| versions.contains(version)] {
        if let Err(failure) = migrate(replay, directory, is_meant).await {
            return if cancel.is_raised() { Err(failure) } else { Ok(Rehearsal::skipped(&failure)) };
        }
        before.get_or_insert(replay.catalog().await?);
    }
    let before = before.unwrap_or_default();
    let with = replay.catalog().await?;
    let present = history::read(replay.session()).await?;
    let nobody = Answers { yes: false, confirm: None, ask: None };
    let again = guard::approve(plan(directory, &present, &versions)?, replay.environment(), &nobody)?;
    apply::apply(replay.session(), &again, &Silent).await.map_err(untouched)?;
    let without = replay.catalog().await?;

    let leftovers = diff(&before, &without);
    if let (Some(first), false) = (leftovers.first(), planned.is_written()) {
        let title = planned.steps.first().map(|step| step.file.title()).unwrap_or_default();
        let (object, how) = (first.object.to_string(), in_words(first));
        return Err(DownError::LeadsElsewhere { title, object, how }.into());
    }
    let leftovers =
        leftovers.iter().map(|difference| format!("{} {}", difference.object, in_words(difference)));
    let leftovers = leftovers.collect();
    Ok(Rehearsal { skipped: None, leftovers, expectation: Some(Expectation { with, without }) })
}

async fn migrate(
    replay: &mut Replay,
    directory: &Directory,
    is_meant: &dyn Fn(&Version) -> bool,
) -> Result<()> {
    let present = history::read(replay.session()).await?;
    let mut all =
        migration::plan(directory, &present, &Options { out_of_order: true, ..Options::default() })?;
    all.steps.retain(|step: &Step| is_meant(&step.file.version));
    replay.apply(all).await.map(drop)
}

fn in_words(difference: &Difference) -> &'static str {
    match difference.change {
        Change::OnlyLeft => "is missing afterwards",
        Change::OnlyRight => "stays behind",
        Change::Differs { .. } => "is not as it was",
    }
}

/// What was committed on the throwaway server is not what the user shall read of.
fn untouched(failure: Failure) -> Failure {
    let kind = if failure.kind() == Kind::Interrupted { Kind::Interrupted } else { Kind::Failed };
    failure.context("the rehearsal failed, and the target was not touched").of_kind(kind).without_done()
}

impl Render for Rehearsal {
    fn render(&self, style: &Style) -> String {
        if let Some(reason) = &self.skipped {
            return format!("{} {reason}", style.attention("not rehearsed:"));
        }
        let mut text = format!("{} on a throwaway server", style.good("rehearsed"));
        text += if self.leads_back() { ": it leads back to what was before" } else { "; afterwards" };
        self.leftovers.iter().fold(text, |text, leftover| text + "\n  " + leftover)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn catalog(tables: &[(&str, &str)]) -> Catalog {
        let object = |(name, comment): &(&str, &str)| {
            let name = ObjectName { kind: "table".into(), schema: "public".into(), name: (*name).into() };
            (name, serde_json::from_value(json!({ "comment": comment })).expect("facts are an object"))
        };
        Catalog { objects: tables.iter().map(object).collect() }
    }

    fn expectation() -> Expectation {
        Expectation { with: catalog(&[("a", ""), ("b", "")]), without: catalog(&[("a", "")]) }
    }

    #[test]
    fn a_target_that_was_the_same_must_be_the_same_afterwards() {
        let before = catalog(&[("a", ""), ("b", "")]);
        let check = |after: &Catalog| expectation().check(&before, after);

        assert_eq!(check(&catalog(&[("a", "")])), Ok(()));
        let object = || "table `a`".to_owned();
        let changed = DownError::NotAsRehearsed { object: object(), missing: false };
        assert_eq!(check(&catalog(&[("a", "other")])), Err(changed));
        let stayed = DownError::NotAsRehearsed { object: "table `b`".to_owned(), missing: true };
        assert_eq!(check(&before), Err(stayed));
    }

    #[test]
    fn on_a_target_that_had_drifted_the_same_objects_must_change() {
        let before = catalog(&[("a", "by hand"), ("b", ""), ("mine", "")]);
        let check = |after: &Catalog| expectation().check(&before, after);

        assert_eq!(check(&catalog(&[("a", "by hand"), ("mine", "")])), Ok(()));
        assert!(check(&catalog(&[("a", "by hand")])).is_err(), "what was made by hand is gone");
    }
}
