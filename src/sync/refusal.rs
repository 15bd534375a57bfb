//! What forbids a sync: found before anything is touched. Pure.

use crate::environment::EnvironmentName;
use crate::error::{Explain, Kind};
use crate::pg::TableName;
use crate::sync::observe::Side;
use crate::sync::obstacle::Obstacle;
use crate::sync::plan::Options;

/// Why a sync cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Source and target are the same.
    #[error("`{0}` cannot be synced with itself")]
    SameEnvironment(EnvironmentName),
    /// Two names for one database.
    #[error("`{from}` and `{to}` are the same database")]
    SameDatabase {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
    },
    /// What is staged would meet what somebody keeps.
    #[error("the schema `crmctl_sync` of `{0}` is not crmctl's, which stages rows under that name")]
    Namesake(EnvironmentName),
    /// Something is in the way: all of it.
    #[error("{}", told(.from, .to, .obstacles))]
    Obstacles {
        /// Source.
        from: EnvironmentName,
        /// Target.
        to: EnvironmentName,
        /// Each reason, and the way out.
        obstacles: Vec<Obstacle>,
    },
}

fn told(from: &EnvironmentName, to: &EnvironmentName, obstacles: &[Obstacle]) -> String {
    if let [only] = obstacles {
        return only.what.clone();
    }
    let reasons: Vec<String> = obstacles.iter().map(|obstacle| format!("\n  - {}", obstacle.what)).collect();
    let reasons = reasons.concat();
    format!("`{from}` cannot be synced to `{to}`, for {} reasons:{reasons}", obstacles.len())
}

impl Explain for PlanError {
    fn kind(&self) -> Kind {
        match self {
            Self::SameEnvironment(_) => Kind::Usage,
            Self::SameDatabase { .. } | Self::Namesake(_) | Self::Obstacles { .. } => Kind::Refused,
        }
    }

    fn help(&self) -> Option<String> {
        Some(match self {
            Self::SameEnvironment(_) => "name two environments with `--from` and `--to`".to_owned(),
            Self::SameDatabase { from, to } => {
                format!("check the URLs of `{from}` and `{to}`: one of them is not what it should be")
            }
            Self::Namesake(_) => "`alter schema crmctl_sync rename to` another name".to_owned(),
            Self::Obstacles { obstacles, .. } => {
                let mut ways: Vec<&str> = Vec::new();
                for obstacle in obstacles {
                    if !ways.contains(&obstacle.help.as_str()) {
                        ways.push(&obstacle.help);
                    }
                }
                ways.join("\n      ")
            }
        })
    }
}

/// A database would wait for itself, with its own rows as the ones to be replaced.
pub(crate) fn check_identity(source: &Side, target: &Side, options: &Options) -> Result<(), PlanError> {
    if source.identity == target.identity {
        return Err(PlanError::SameDatabase { from: options.from.clone(), to: options.to.clone() });
    }
    // Neither would its rows go along, nor would they be left alone.
    for (side, name) in [(source, &options.from), (target, &options.to)] {
        if side.has_namesake {
            return Err(PlanError::Namesake(name.clone()));
        }
    }
    Ok(())
}

/// Everything that is in the way, in one answer.
pub(crate) fn check(obstacles: Vec<Obstacle>, options: &Options) -> Result<(), PlanError> {
    if obstacles.is_empty() {
        return Ok(());
    }
    let Options { from, to, .. } = options;
    Err(PlanError::Obstacles { from: from.clone(), to: to.clone(), obstacles })
}

pub(crate) fn is_excluded(name: &TableName, options: &Options) -> bool {
    let full = format!("{}.{}", name.schema, name.name);
    options.exclude.iter().any(|pattern| matches(pattern, &full) || matches(pattern, &name.to_string()))
}

/// Whether a pattern, in which `*` stands for any characters, fits a whole name.
pub(crate) fn matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((start, rest)) => name.strip_prefix(start).is_some_and(|name| {
            name.char_indices().map(|(at, _)| at).chain([name.len()]).any(|at| matches(rest, &name[at..]))
        }),
    }
}
