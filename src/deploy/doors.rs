//! Who may do what to which table, before and after a deploy: what `access.toml` says must still hold.
//!
//! Looking takes a moment while the files' locks are held, so that it is done only where a project says what it expects.

use std::collections::BTreeSet;

use crate::access::{self, AccessRequest, AccessTable, Expectations, Violation};
use crate::deploy::check::CheckError;
use crate::environment::Project;
use crate::error::Result;
use crate::pg::Session;

/// The access table of the target before, and what shall hold of the one after.
#[derive(Debug, Clone)]
pub struct Doors {
    request: AccessRequest,
    expectations: Expectations,
    before: AccessTable,
}

/// Looks at the target, where the project has an `access.toml`.
pub async fn observe(session: &mut Session, project: &Project) -> Result<Option<Doors>> {
    let (request, Some(expectations)) = AccessRequest::of_project(project)? else { return Ok(None) };
    let before = access::observe(session, &request).await?;
    Ok(Some(Doors { request, expectations, before }))
}

impl Doors {
    /// Looks again, within the deploy's transaction. Returns in words who may do something else than before.
    pub(crate) async fn check(&self, session: &mut Session) -> Result<Vec<String>> {
        let after = access::observe(session, &self.request).await?;
        if let Some(violation) = new_violation(&self.expectations, &self.before, &after) {
            return Err(CheckError::Access { words: violation.words, location: violation.location }.into());
        }
        Ok(access::changes(&self.before, &after).into_iter().map(|change| change.words).collect())
    }
}

/// The first violation that was none before: what was wrong already must not keep its repair from being deployed.
fn new_violation(
    expectations: &Expectations,
    before: &AccessTable,
    after: &AccessTable,
) -> Option<Violation> {
    let known: BTreeSet<_> = expectations
        .violations(before)
        .into_iter()
        .map(|violation| (violation.persona, violation.table, violation.command))
        .collect();
    let mut violations = expectations.violations(after).into_iter();
    violations.find(|violation| {
        !known.contains(&(violation.persona.clone(), violation.table.clone(), violation.command))
    })
}
