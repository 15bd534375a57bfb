//! Who deploys, and which commit of the project.

use std::path::Path;

use crate::environment::{Variables, vars};
use crate::migration::git;

/// What the journal remembers of whoever deploys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Author {
    /// Who: of GitHub's workflow, or of this machine.
    pub name: String,
    /// The commit that is checked out.
    pub commit: Option<String>,
}

/// Finds out. Where there is no git, there is no commit.
#[must_use]
pub fn author(variables: &Variables, root: &Path) -> Author {
    let name = [vars::GITHUB_ACTOR, vars::USER].iter().find_map(|name| variables.get(name));
    let commit = match variables.get(vars::GITHUB_SHA) {
        Some(commit) => Some(commit.to_owned()),
        None => git::head(root),
    };
    Author { name: name.unwrap_or("unknown").to_owned(), commit }
}
