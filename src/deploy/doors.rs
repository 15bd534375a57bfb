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
    /// None where what was before is not known any more.
    before: Option<AccessTable>,
}

/// Looks at the target, where the project has an `access.toml`.
pub async fn observe(session: &mut Session, project: &Project) -> Result<Option<Doors>> {
    let (request, Some(expectations)) = AccessRequest::of_project(project)? else { return Ok(None) };
    let before = access::observe(session, &request).await?;
    Ok(Some(Doors { request, expectations, before: Some(before) }))
}

impl Doors {
    /// The same where a part of the files is there already: nothing is excused by how it was before.
    pub(crate) fn forgetting(self) -> Self {
        Self { before: None, ..self }
    }

    /// Looks again, within the deploy's transaction. Returns in words who may do something else than before.
    pub(crate) async fn check(&self, session: &mut Session) -> Result<Vec<String>> {
        let after = access::observe(session, &self.request).await?;
        if let Some(violation) = new_violation(&self.expectations, self.before.as_ref(), &after) {
            return Err(CheckError::Access { words: violation.words, location: violation.location }.into());
        }
        let changes = self.before.as_ref().map(|before| access::changes(before, &after)).unwrap_or_default();
        Ok(changes.into_iter().map(|change| change.words).collect())
    }
}

/// The first violation that was none before: what was wrong already must not keep its repair from being deployed.
fn new_violation(
    expectations: &Expectations,
    before: Option<&AccessTable>,
    after: &AccessTable,
) -> Option<Violation> {
    let known: BTreeSet<_> = before
        .into_iter()
        .flat_map(|before| expectations.violations(before))
        .map(|violation| (violation.persona, violation.table, violation.command))
        .collect();
    let mut violations = expectations.violations(after).into_iter();
    violations.find(|violation| {
        !known.contains(&(violation.persona.clone(), violation.table.clone(), violation.command))
    })
}
