//! What a baseline records, and what forbids one. Pure.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use crate::error::{Explain, Kind};
use crate::migration::baseline::observe::Observed;
use crate::migration::file::MigrationFile;
use crate::migration::folded::folded;
use crate::migration::place::Place;
use crate::migration::version::Version;
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, plural};

/// So many differences are shown to a person.
const SHOWN: usize = 40;

/// What the replay showed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "proof")]
pub enum Proof {
    /// The migrations make the very schema.
    Equal,
    /// They make another one.
    Differs {
        /// Everything that differs, in words.
        differences: Vec<String>,
    },
    /// They do not run on an empty project of this machine.
    NotRun {
        /// Why.
        why: String,
    },
}

/// Migrations to be recorded as applied.
#[derive(Debug, Clone, Serialize)]
pub struct BaselinePlan {
    /// Where.
    pub place: Place,
    /// Recorded in this order; nothing is run.
    #[serde(serialize_with = "titles")]
    pub migrations: Vec<Arc<MigrationFile>>,
    /// The file that is written first, if there is one.
    pub new_file: Option<PathBuf>,
    /// What the replay showed.
    #[serde(flatten)]
    pub proof: Proof,
    #[serde(skip)]
    pub(crate) catalog_hash: String,
    #[serde(rename = "basis")]
    fingerprint: Fingerprint,
}

fn titles<S: Serializer>(files: &[Arc<MigrationFile>], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(files.iter().map(|file| file.title()))
}

/// Why there is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// The database has one already.
    #[error("the history of {place} has {} already", plural(*.applied as u64, "migration"))]
    HasHistory {
        /// How many.
        applied: usize,
        /// Where.
        place: Place,
    },
    /// There are files, and nobody said how many of them the database has.
    #[error("there are {} already, so the schema is not made into another one", plural(*.files as u64, "migration file"))]
    HasFiles {
        /// How many.
        files: usize,
        /// The newest.
        newest: Version,
        /// The first and the last version up to which they make the very schema, if there is one.
        fitting: Option<(Version, Version)>,
        /// Where.
        place: Box<Place>,
    },
    /// The schema is not the one of the proof any more.
    #[error("the schema of {place} changed while it was compared, and nothing was recorded")]
    Moved {
        /// Where.
        place: Place,
    },
}

impl Explain for BaselineError {
    fn kind(&self) -> Kind {
        match self {
            Self::HasHistory { .. } => Kind::Refused,
            Self::HasFiles { .. } => Kind::Usage,
            Self::Moved { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::HasHistory { place, .. } => format!(
                "`crmctl migrate repair --env {}` shows where history and files disagree, and what would mend it",
                place.environment
            ),
            Self::HasFiles { newest, fitting, place, .. } => {
                let command = format!("crmctl migrate baseline --env {} --to", place.environment);
                match fitting {
                    None => format!(
                        "the schema is not what any of them make: `{command} {newest}` shows in what it differs, or name another version"
                    ),
                    Some((first, last)) if first == last => {
                        format!(
                            "the schema is what they make up to `{last}`: `{command} {last}` records those"
                        )
                    }
                    Some((first, last)) => format!(
                        "the schema is what they make up to `{last}`: `{command} {last}` records those; \
                         the files after `{first}` change rows only, so see first that those are there"
                    ),
                }
            }
            Self::Moved { .. } => "run the command again when nobody else changes it".to_owned(),
        })
    }
}

/// Refuses a database that has a history.
pub(crate) fn check(observed: &Observed, place: &Place) -> Result<(), BaselineError> {
    match observed.history.rows.len() {
        0 => Ok(()),
        applied => Err(BaselineError::HasHistory { applied, place: place.clone() }),
    }
}

/// Decides what is to be recorded. No migrations: the database has nothing of its own.
pub(crate) fn plan(
    migrations: Vec<Arc<MigrationFile>>,
    new_file: Option<PathBuf>,
    proof: Proof,
    (observed, place): (&Observed, Place),
) -> BaselinePlan {
    let (catalog_hash, fingerprint) = (observed.catalog.hash(), observed.history.fingerprint());
    BaselinePlan { place, migrations, new_file, proof, catalog_hash, fingerprint }
}

impl BaselinePlan {
    /// Whether there is nothing to record.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.migrations.is_empty()
    }

    /// Whether the replay made the very schema.
    #[must_use]
    pub fn is_proved(&self) -> bool {
        self.proof == Proof::Equal
    }
}

impl Plan for BaselinePlan {
    fn hazards(&self) -> Vec<Hazard> {
        if self.is_empty() {
            return Vec::new();
        }
        let rows = plural(self.migrations.len() as u64, "migration");
        let mut hazards =
            vec![Hazard::WritesRows(format!("the history of {rows}; the schema stays as it is"))];
        if !self.is_proved() {
            let what = "later migrations may fail where the schema is not what the recorded ones make";
            hazards.push(Hazard::LeavesNoUndo(what.to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

impl Render for BaselinePlan {
    fn render(&self, style: &Style) -> String {
        if self.is_empty() {
            return format!("nothing to record: {} has what an empty project has", self.place);
        }
        let count = plural(self.migrations.len() as u64, "migration");
        let mut text = format!("{count} to record as applied to {}, without running:", self.place);
        let line = |file: &Arc<MigrationFile>| {
            let statements = plural(file.statements.len() as u64, "statement");
            format!("  {}  {}", style.strong(&file.title()), style.faint(&statements))
        };
        for line in folded(self.migrations.iter().map(line).collect()) {
            text += &format!("\n{line}");
        }
        if let Some(path) = &self.new_file {
            text += &format!("\n  {} {}", style.attention("new file"), path.display());
        }
        match &self.proof {
            Proof::Equal => {
                text += &format!("\n{}: replayed, they make the very schema", style.good("proved"));
            }
            Proof::Differs { differences } => {
                let count = plural(differences.len() as u64, "difference");
                text += &format!(
                    "\n{}: replayed, they make another schema, with {count}",
                    style.bad("not proved")
                );
                for difference in differences.iter().take(SHOWN) {
                    text += &format!("\n  {difference}");
                }
                if differences.len() > SHOWN {
                    text += &format!("\n  and {} more; `--json` has all", differences.len() - SHOWN);
                }
            }
            Proof::NotRun { why } => {
                text += &format!("\n{}: they do not run on an empty project: {why}", style.bad("not proved"));
            }
        }
        if !self.is_proved() {
            text += "\nnothing is recorded without `--accept-differences`";
        }
        text
    }
}

#[cfg(test)]
mod tests;
