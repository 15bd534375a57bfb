//! PostgreSQL's programs on this machine.

use crate::doctor::{Check, Group};
use crate::local::{Binaries, SUPPORTED_MAJORS};
use crate::tools::{SearchPath, Tool, ToolName, installed};

/// What is installed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Machine {
    /// Every server, supported or not.
    pub servers: Vec<Binaries>,
    /// Every `pg_dump`.
    pub dumps: Vec<Tool>,
    /// Every `psql`.
    pub shells: Vec<Tool>,
}

const FIX: &str = "`crmctl doctor --fix`, or set `CRMCTL_PG_BIN` to the folder of its programs";

impl Machine {
    /// Asks every program for its version.
    pub async fn observe(search: &SearchPath) -> Self {
        let (servers, dumps, shells) = tokio::join!(
            Binaries::installed(search),
            installed(ToolName::PgDump, search),
            installed(ToolName::Psql, search)
        );
        Self { servers, dumps, shells }
    }

    /// Whether there is something to work with, whatever the environments are.
    #[must_use]
    pub fn group(&self) -> Group {
        let checks = vec![self.server(), self.dump(), self.shell()];
        Group { title: "this machine".to_owned(), checks }
    }

    /// Whether the clients are new enough for a server: `pg_dump` refuses newer ones.
    #[must_use]
    pub fn check_for(&self, server_major: u32) -> Check {
        let name = ToolName::PgDump.file();
        let fits = self.dumps.iter().filter(|tool| tool.version.major >= server_major);
        let help = format!(
            "install the clients of PostgreSQL {server_major} (on Debian `postgresql-client-{server_major}`, from \
             https://www.postgresql.org/download), or set `CRMCTL_PG_BIN` to their folder"
        );
        if let Some(tool) = fits.min_by_key(|tool| tool.version.major) {
            return Check::ok(name, format!("{} is new enough for it", tool.version.text));
        }
        match self.dumps.iter().max_by_key(|tool| tool.version.major) {
            Some(newest) => Check::problem(
                name,
                format!("{} is older than the server; backups of it are not possible", newest.version.text),
            )
            .with_help(help),
            None => Check::problem(name, "there is none; backups are not possible").with_help(help),
        }
    }

    fn server(&self) -> Check {
        let name = "PostgreSQL";
        let list =
            self.servers.iter().map(|server| format!("{} in `{}`", server.version, server.bin.display()));
        let list = list.collect::<Vec<_>>().join(", ");
        if self.servers.iter().any(|server| SUPPORTED_MAJORS.contains(&server.major)) {
            return Check::ok(name, list);
        }
        let (oldest, newest) = (SUPPORTED_MAJORS.start(), SUPPORTED_MAJORS.end());
        let found = if list.is_empty() { String::new() } else { format!("; found {list}") };
        let what = format!("no server of version {oldest} to {newest} on this machine{found}");
        Check::problem(name, what).with_help(FIX)
    }

    fn dump(&self) -> Check {
        let name = ToolName::PgDump.file();
        if self.dumps.is_empty() {
            return Check::problem(name, "there is none on this machine").with_help(FIX);
        }
        Check::ok(name, versions(&self.dumps))
    }

    /// Needed for nothing but undo lines that a person types.
    fn shell(&self) -> Check {
        let name = ToolName::Psql.file();
        if self.shells.is_empty() {
            return Check::warning(name, "there is none on this machine").with_help(FIX);
        }
        Check::ok(name, versions(&self.shells))
    }
}

/// The versions, newest first, each once: Debian's wrapper answers with one that is there already.
fn versions(tools: &[Tool]) -> String {
    let mut texts: Vec<(u32, &str)> =
        tools.iter().map(|tool| (tool.version.major, tool.version.text.as_str())).collect();
    texts.sort_unstable_by(|one, other| other.cmp(one));
    texts.dedup();
    texts.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;
    use crate::tools::ToolVersion;

    fn machine(majors: &[u32]) -> Machine {
        let server = |major| {
            let bin = std::path::PathBuf::from(format!("/pg/{major}"));
            Binaries { server: bin.join("postgres"), bin, major, version: format!("{major}.1") }
        };
        let tool = |name, major| {
            let version = ToolVersion { major, text: format!("{major}.1") };
            Tool { name, path: "/pg".into(), version }
        };
        Machine {
            servers: majors.iter().map(|major| server(*major)).collect(),
            dumps: majors.iter().map(|major| tool(ToolName::PgDump, *major)).collect(),
            shells: majors.iter().map(|major| tool(ToolName::Psql, *major)).collect(),
        }
    }

    fn states(machine: &Machine) -> Vec<State> {
        machine.group().checks.iter().map(|check| check.state).collect()
    }

    #[test]
    fn a_machine_without_postgresql_is_told_how_to_get_it() {
        let machine = machine(&[]);

        assert_eq!(states(&machine), [State::Problem, State::Problem, State::Warning]);
        assert!(machine.group().checks[0].help.as_ref().unwrap().contains("crmctl doctor --fix"));
    }

    #[test]
    fn versions_that_are_not_supported_are_named_and_do_not_count() {
        assert_eq!(states(&machine(&[16, 15])), [State::Ok; 3]);

        let check = machine(&[14]).server();
        assert_eq!(check.state, State::Problem);
        assert!(check.what.ends_with("found 14.1 in `/pg/14`"), "{}", check.what);
    }

    #[test]
    fn pg_dump_must_not_be_older_than_the_server() {
        assert_eq!(machine(&[15]).check_for(15).state, State::Ok);

        let check = machine(&[15]).check_for(17);
        assert_eq!(check.state, State::Problem);
        assert!(check.help.unwrap().contains("postgresql-client-17"));
    }
}
