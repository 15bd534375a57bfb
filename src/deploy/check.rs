//! What must hold after the files have run and before COMMIT is sent.

use std::collections::BTreeSet;

use crate::catalog::{self, Difference, ObjectName, diff};
use crate::deploy::plan::{DeployPlan, in_words};
use crate::error::{Explain, Failure, Kind, Result};
use crate::pg::{Row, Writer};

/// Why a deploy was rolled back after its files had run.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Another change than the rehearsed one.
    #[error("{object} {}, unlike in the rehearsal; everything was rolled back", if *.missing { "did not change" } else { "changed" })]
    NotAsRehearsed {
        /// The object.
        object: String,
        /// Whether a change was expected and did not come.
        missing: bool,
    },
    /// An index that does not work.
    #[error("{object} is not valid; everything was rolled back")]
    Invalid {
        /// The index.
        object: String,
    },
    /// A check of the migration's author.
    #[error("the check in {file}:{line} does not hold; everything was rolled back")]
    SaysNo {
        /// The migration.
        file: String,
        /// The line.
        line: usize,
    },
}

impl Explain for CheckError {
    fn kind(&self) -> Kind {
        Kind::Failed
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NotAsRehearsed { .. } => Some(
                "the target's schema is not what its migrations make: compare with `crmctl verify --level schema`"
                    .to_owned(),
            ),
            Self::Invalid { .. } | Self::SaysNo { .. } => None,
        }
    }
}

/// The change is the one that was rehearsed, nothing is left invalid, and the files' own `-- crmctl:verify`
/// queries say yes. Returns the changes in words.
pub(crate) async fn check(writer: &mut Writer<'_>, plan: &DeployPlan) -> Result<Vec<String>> {
    let after = catalog::read(writer).await?;
    let changes = diff(&plan.before, &after);
    if plan.rehearsal.skipped.is_none() {
        let (expected, found) = (names(&plan.rehearsal.changes), names(&changes));
        if let Some(object) = expected.symmetric_difference(&found).next() {
            let missing = expected.contains(object);
            return Err(CheckError::NotAsRehearsed { object: object.to_string(), missing }.into());
        }
    }
    for (name, facts) in after.of_kind("index") {
        let is_new = !plan.before.objects.contains_key(name);
        if is_new && facts.get("valid") == Some(&serde_json::Value::Bool(false)) {
            return Err(CheckError::Invalid { object: name.to_string() }.into());
        }
    }
    for step in &plan.migrations.steps {
        for (line, query) in verify_queries(&step.file.text) {
            let file = step.file.shown();
            let rows = writer.query(query).await.map_err(|error| {
                Failure::from(error)
                    .context(format!("the check in {file}:{line} failed, and everything was rolled back"))
            })?;
            let is_true = |value: &Option<String>| value.as_deref() == Some("t");
            let says_yes = |row: &Row| !row.values().is_empty() && row.values().iter().all(is_true);
            if rows.is_empty() || !rows.iter().all(says_yes) {
                return Err(CheckError::SaysNo { file, line }.into());
            }
        }
    }
    Ok(changes.iter().map(in_words).collect())
}

fn names(differences: &[Difference]) -> BTreeSet<ObjectName> {
    differences.iter().map(|difference| difference.object.clone()).collect()
}

/// The `-- crmctl:verify <query>` lines of a file with their numbers. Each must yield only true.
fn verify_queries(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().filter_map(|(index, line)| {
        let query = line.trim().strip_prefix("-- crmctl:verify ")?;
        Some((index + 1, query.trim_end_matches(';')))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verify_lines_are_found_with_their_numbers() {
        let text = "create table a ();\n-- crmctl:verify select count(*) = 0 from a;\n-- other\n";

        assert_eq!(verify_queries(text).collect::<Vec<_>>(), [(2, "select count(*) = 0 from a")]);
    }
}
