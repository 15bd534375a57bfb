//! The Supabase-compatible baseline: roles, schemas, auth, storage and default rights, as SQL.

use serde::Serialize;

use super::PASSWORD;

const ROLES: &str = include_str!("baseline/roles.sql");
const DATABASE: &str = include_str!("baseline/database.sql");
const EXTENSIONS: &str = include_str!("baseline/extensions.sql");
const SERVICES: &str = include_str!("baseline/services.sql");
const REALTIME: &str = include_str!("baseline/realtime.sql");
const WEBHOOKS: &str = include_str!("baseline/webhooks.sql");
const GRANTS_2026: &str = include_str!("baseline/grants_2026.sql");
const GRANTS_LEGACY: &str = include_str!("baseline/grants_legacy.sql");

/// The bootstrap superuser.
pub(super) const SUPERUSER: &str = "supabase_admin";

/// Who logs in with the password of local servers.
const LOGINS: &[&str] = &[
    SUPERUSER,
    "postgres",
    "authenticator",
    "supabase_auth_admin",
    "supabase_storage_admin",
    "supabase_functions_admin",
    "supabase_replication_admin",
    "supabase_read_only_user",
    "pgbouncer",
];

/// What new objects in schema `public` grant to the roles of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Grants {
    /// Nothing: projects made since 30 May 2026.
    #[default]
    #[value(name = "2026")]
    Since2026,
    /// Everything: older projects.
    Legacy,
}

impl Grants {
    /// A short word, for names of files.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Since2026 => "2026",
            Self::Legacy => "legacy",
        }
    }

    fn sql(self) -> &'static str {
        match self {
            Self::Since2026 => GRANTS_2026,
            Self::Legacy => GRANTS_LEGACY,
        }
    }
}

/// What makes a fresh database, owned by `postgres`, one of Supabase's: to be run as `supabase_admin`. The database
/// `postgres` of a cluster of ours has it already.
#[must_use]
pub fn database_sql(grants: Grants) -> String {
    [DATABASE, EXTENSIONS, SERVICES, REALTIME, WEBHOOKS, grants.sql()].join("\n")
}

/// What is run in `template1`: the roles with their passwords, and the owner of the database `postgres`.
pub(super) fn cluster_commands() -> Vec<String> {
    let passwords = LOGINS.iter().map(|role| format!("alter role {role} password '{PASSWORD}';\n"));
    vec![ROLES.to_owned(), passwords.collect(), "alter database postgres owner to postgres;".to_owned()]
}

/// What is run in `postgres`.
pub(super) fn database_commands(grants: Grants) -> Vec<String> {
    [DATABASE, EXTENSIONS, SERVICES, REALTIME, WEBHOOKS, grants.sql()].map(str::to_owned).to_vec()
}

/// Everything that decides what a template contains, for its name.
pub(super) fn fingerprint(grants: Grants) -> String {
    super::home::short_hash([cluster_commands(), database_commands(grants)].concat().join("\0").as_bytes())
}

/// The input of a `postgres --single -j`: it ends a command at a semicolon followed by two line breaks, so
/// none of those may be inside of one.
pub(super) fn single_user_input(commands: &[String]) -> String {
    let mut input = String::new();
    for command in commands {
        let mut command = command.replace("\r\n", "\n");
        while command.contains(";\n\n") {
            // A space on the empty line keeps line numbers, and bodies of functions but for that space, as they were.
            command = command.replace(";\n\n", ";\n \n");
        }
        input.push_str(command.trim_end());
        // On a line of its own: a command may end with a comment.
        input.push_str("\n;\n\n");
    }
    input
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_a_command_ends_it() {
        let commands = ["select 1;\n\n\nselect 2; -- end\n".to_owned(), "select 3".to_owned()];

        let input = single_user_input(&commands);
        assert_eq!(input, "select 1;\n \n\nselect 2; -- end\n;\n\nselect 3\n;\n\n");
        assert_eq!(input.matches(";\n\n").count(), commands.len());
    }

    #[test]
    fn another_flavour_of_grants_is_another_template() {
        assert_ne!(fingerprint(Grants::Since2026), fingerprint(Grants::Legacy));
    }
}
