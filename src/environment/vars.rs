//! Every variable crmctl reads, and the only place that reads them.

use std::collections::BTreeMap;
use std::fmt;

/// URL of the cloud database.
pub const DATABASE_URL_PRODUCTION: &str = "DATABASE_URL_PRODUCTION";
/// URL of the cloud database where no `crmctl.toml` defines `cloud` and `DATABASE_URL_PRODUCTION` is not set.
pub const DATABASE_URL: &str = "DATABASE_URL";
/// Password of the cloud database, for a URL without one or with a placeholder.
pub const SUPABASE_DB_PASSWORD: &str = "SUPABASE_DB_PASSWORD";
/// Password for a URL without one.
pub const PGPASSWORD: &str = "PGPASSWORD";
/// `sslmode` for a URL without one.
pub const PGSSLMODE: &str = "PGSSLMODE";
/// `sslrootcert` for a URL without one.
pub const PGSSLROOTCERT: &str = "PGSSLROOTCERT";
/// Email of the test administrator that `seed` makes.
pub const TEST_ADMIN_EMAIL: &str = "TEST_ADMIN_EMAIL";
/// Email of the test sales director that `seed` makes.
pub const TEST_DIRECTOR_EMAIL: &str = "TEST_DIRECTOR_EMAIL";
/// Email of the test sales manager that `seed` makes.
pub const TEST_MANAGER_EMAIL: &str = "TEST_MANAGER_EMAIL";
/// Password of the test users.
pub const TEST_USER_PASSWORD: &str = "TEST_USER_PASSWORD";
/// Name of the protected environment that may be changed without a terminal. Never read from a file.
pub const CRMCTL_CONFIRM: &str = "CRMCTL_CONFIRM";
/// The key that masks are made with; without it the project's own file is used.
pub const CRMCTL_MASK_KEY: &str = "CRMCTL_MASK_KEY";
/// Folder with the `PostgreSQL` programs to use.
pub const CRMCTL_PG_BIN: &str = "CRMCTL_PG_BIN";
/// Folder for crmctl's own clusters and caches.
pub const CRMCTL_HOME: &str = "CRMCTL_HOME";
/// Any value: no colours.
pub const NO_COLOR: &str = "NO_COLOR";
/// Anything but `0`: colours even where there is no terminal.
pub const CLICOLOR_FORCE: &str = "CLICOLOR_FORCE";
/// `dumb`: no colours and no progress bars.
pub const TERM: &str = "TERM";
/// Set by every CI.
pub const CI: &str = "CI";
/// `true` in GitHub Actions: findings become annotations.
pub const GITHUB_ACTIONS: &str = "GITHUB_ACTIONS";
/// File for the summary of a step in GitHub Actions.
pub const GITHUB_STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// Who started the workflow, for the journal of deploys.
pub const GITHUB_ACTOR: &str = "GITHUB_ACTOR";
/// The commit a workflow runs for.
pub const GITHUB_SHA: &str = "GITHUB_SHA";
/// The user's folder.
pub const HOME: &str = "HOME";
/// Where programs to run are.
pub const PATH: &str = "PATH";
/// The user's name.
pub const USER: &str = "USER";
/// Where data of programs is.
pub const XDG_DATA_HOME: &str = "XDG_DATA_HOME";
/// Where temporary files are.
pub const TMPDIR: &str = "TMPDIR";

/// A snapshot of variables, of the process or of a file. Debug shows their names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// The variables of this process. Made once; what is not Unicode is left out.
    #[must_use]
    pub fn of_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value of a variable. An empty one counts as not set, as it does for most programs.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// These variables and no others.
    #[must_use]
    pub fn only(&self, names: &[&str]) -> Self {
        let is_asked = |(name, _): &(&String, &String)| names.contains(&name.as_str());
        Self(self.0.iter().filter(is_asked).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// Whether a variable says yes: set, and neither `0` nor `false`.
    #[must_use]
    pub fn says_yes(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| value != "0" && !value.eq_ignore_ascii_case("false"))
    }

    /// What the programs of `PostgreSQL` go by. The password is among it.
    #[must_use]
    pub(crate) fn of_postgresql(&self) -> Vec<(String, String)> {
        let is_theirs = |(name, _): &(&String, &String)| name.starts_with("PG");
        self.0.iter().filter(is_theirs).map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    /// The values of variables whose name says that they are secret. Short ones are words that any text may hold.
    #[must_use]
    pub(crate) fn secrets(&self) -> Vec<String> {
        let is_secret = |(name, value): &(&String, &String)| {
            let is_named = |word: &&str| name.to_ascii_uppercase().ends_with(*word);
            let words = ["PASSWORD", "PASSPHRASE", "TOKEN", "SECRET", "KEY"];
            value.len() >= 8 && value.as_str() != crate::local::PASSWORD && words.iter().any(is_named)
        };
        self.0.iter().filter(is_secret).map(|(_, value)| value.clone()).collect()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(pairs: I) -> Self {
        Self(pairs.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Variables {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_the_end_of_their_name() {
        let pairs = [
            ("SUPABASE_ACCESS_TOKEN", "sbp_0123456789"),
            ("SHORT_KEY", "yes"),
            ("TOKEN_COUNT", "1234567890"),
        ];
        let variables: Variables = pairs.into_iter().collect();

        assert_eq!(variables.secrets(), ["sbp_0123456789"]);
    }

    #[test]
    fn debug_shows_names_and_no_values() {
        let variables: Variables = [("PGPASSWORD", "hunter2")].into_iter().collect();

        assert_eq!(format!("{variables:?}"), r#"{"PGPASSWORD"}"#);
    }

    #[test]
    fn an_empty_variable_is_not_set() {
        let variables: Variables =
            [("A", ""), ("CI", "false"), ("GITHUB_ACTIONS", "true")].into_iter().collect();

        assert_eq!(variables.get("A"), None);
        assert!(!variables.says_yes("CI") && variables.says_yes("GITHUB_ACTIONS"));
    }
}
