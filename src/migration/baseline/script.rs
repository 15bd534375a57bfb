//! The schema of a database as a migration that an empty Supabase project can run. Pure.

use std::collections::BTreeSet;

use crate::backup::adjust::{Adjusted, adjust};
use crate::backup::extras::attachments;
use crate::catalog::Catalog;
use crate::migration::baseline::observe::Surroundings;
use crate::migration::baseline::rows;
use crate::migration::script::ScriptError;
use crate::migration::statement::split;
use crate::pg::{identifier, literal};

/// What an empty project has already, and what could be installed there.
#[derive(Debug, Clone, Default)]
pub(crate) struct EmptyProject {
    /// Roles.
    pub roles: BTreeSet<String>,
    /// Extensions that are installed.
    pub installed: BTreeSet<String>,
    /// Extensions that can be installed on this machine.
    pub available: BTreeSet<String>,
}

/// Whom a database gives rights on new objects by itself, whenever it was made.
const GIVEN_BY_DEFAULT: &str = "postgres, anon, authenticated, service_role";

/// Settings of a dump that a migration has anyway.
const NEEDLESS: &[&str] = &["row_security", "xmloption", "standard_conforming_strings", "default_tablespace"];

/// Makes the migration. `dump` is the output of `pg_dump --schema-only`.
pub(crate) fn script(
    dump: &str,
    catalog: &Catalog,
    surroundings: &Surroundings,
    empty: &EmptyProject,
) -> Result<String, ScriptError> {
    let mut script = String::from(
        "-- What was in the database before migrations were kept. Made by `crmctl migrate baseline` and proved:\n\
         -- on an empty Supabase project it makes the same schema.\n",
    );
    section(&mut script, "Roles", roles(surroundings, empty));
    section(&mut script, "Extensions", extensions(surroundings, empty));
    section(
        &mut script,
        "New objects get the rights that are written here and no others",
        ["tables", "sequences", "functions"].map(|objects| {
            format!(
                "alter default privileges in schema public revoke all on {objects} from {GIVEN_BY_DEFAULT}"
            )
        }),
    );
    section(&mut script, "The schema", definitions(dump, &surroundings.role)?);
    let attachments = attachments(catalog, &surroundings.published);
    let statements = attachments.into_iter().flat_map(|(_, statements)| statements);
    section(&mut script, "What hangs on objects of the platform", statements);
    section(&mut script, "Storage buckets, without what is in them", rows::buckets(catalog));
    let (jobs, left_out) = rows::jobs(catalog);
    section(&mut script, "Cron jobs, where pg_cron is installed", jobs);
    script.extend(left_out.iter().map(|words| format!("\n-- {words}\n")));
    Ok(script)
}

fn section(script: &mut String, title: &str, statements: impl IntoIterator<Item = String>) {
    let statements: Vec<String> = statements.into_iter().collect();
    if !statements.is_empty() {
        *script += &format!("\n-- {title}\n");
    }
    // What takes several lines stands apart.
    let is_long = |statement: &String| statement.contains('\n');
    for (index, statement) in statements.iter().enumerate() {
        let is_apart = index > 0 && (is_long(statement) || is_long(&statements[index - 1]));
        *script += &format!("{}{statement};\n", if is_apart { "\n" } else { "" });
    }
}

/// Roles of the user's that rights and policies name. Passwords are nobody's business here.
fn roles(surroundings: &Surroundings, empty: &EmptyProject) -> Vec<String> {
    let missing = surroundings.roles.difference(&empty.roles);
    missing
        .map(|role| {
            let body = format!(
                "begin if not exists (select from pg_catalog.pg_roles where rolname = {}) then create role {}; end if; end",
                literal(role),
                identifier(role)
            );
            format!("do {}", literal(&body))
        })
        .collect()
}

/// Extensions that an empty project does not have. One that cannot be had on this machine is tried and left out, so
/// that the rest can be proved here.
fn extensions(surroundings: &Surroundings, empty: &EmptyProject) -> Vec<String> {
    let mut statements = Vec::new();
    for (name, schema) in surroundings.extensions.iter().filter(|(name, _)| !empty.installed.contains(name)) {
        let (name_sql, schema_sql) = (identifier(name), identifier(schema));
        let create = format!("create extension if not exists {name_sql} with schema {schema_sql}");
        if empty.available.contains(name) {
            statements.push(format!("create schema if not exists {schema_sql}"));
            statements.push(create);
        } else {
            let body = format!(
                "begin {create}; exception when undefined_file or feature_not_supported or insufficient_privilege \
                 or invalid_schema_name then raise warning 'extension %: not installed: %', {}, sqlerrm; end",
                literal(name)
            );
            statements.push(format!("do {}", literal(&body)));
        }
    }
    statements
}

/// The statements of a dump that the user's role can run, without the comments that `pg_dump` puts between them.
fn definitions(dump: &str, role: &str) -> Result<Vec<String>, ScriptError> {
    let mut definitions = Vec::new();
    for statement in split("the output of pg_dump", dump)? {
        let code = statement.code_text(dump);
        let mut words = code
            .split(|letter: char| letter.is_whitespace() || letter == '=')
            .filter(|word| !word.is_empty());
        if words.next().is_some_and(|word| word.eq_ignore_ascii_case("set"))
            && words.next().is_some_and(|name| NEEDLESS.contains(&name.to_ascii_lowercase().as_str()))
        {
            continue;
        }
        match adjust(code, role) {
            Adjusted::Run if code.is_empty() => {}
            Adjusted::Run => definitions.push(code.to_owned()),
            Adjusted::Instead(instead) => definitions.push(instead),
            Adjusted::Skip => {}
        }
    }
    Ok(definitions)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DUMP: &str = "--\n-- PostgreSQL database dump\n--\n\\restrict x\nSET statement_timeout = 0;\n\
        SET check_function_bodies = false;\nSELECT pg_catalog.set_config('search_path', '', false);\n\
        SET row_security = off;\nCREATE SCHEMA public;\n--\n-- Name: a; Type: TABLE\n--\n\n\
        CREATE TABLE public.a (\n    b integer\n);\n\n\
        ALTER DEFAULT PRIVILEGES FOR ROLE supabase_admin IN SCHEMA public GRANT ALL ON TABLES TO anon;\n\
        GRANT SELECT ON TABLE public.a TO reporter;\n\\unrestrict x\n";

    fn made(surroundings: &Surroundings, empty: &EmptyProject) -> String {
        script(DUMP, &Catalog::default(), surroundings, empty).unwrap()
    }

    #[test]
    fn a_dump_becomes_a_migration_without_what_is_the_platforms() {
        let surroundings = Surroundings { role: "postgres".to_owned(), ..Surroundings::default() };
        let script = made(&surroundings, &EmptyProject::default());

        let (_, schema) = script.split_once("-- The schema\n").unwrap();
        assert_eq!(
            schema,
            "set local check_function_bodies = false;\nset local search_path = '';\n\n\
             CREATE TABLE public.a (\n    b integer\n);\n\nGRANT SELECT ON TABLE public.a TO reporter;\n"
        );
        assert!(script.contains("in schema public revoke all on tables from postgres, anon"), "{script}");
    }

    #[test]
    fn roles_and_extensions_that_an_empty_project_lacks_are_made() {
        let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<BTreeSet<_>>();
        let surroundings = Surroundings {
            role: "postgres".to_owned(),
            roles: names(&["anon", "reporter"]),
            extensions: ["pgcrypto", "citext", "pg_net"]
                .map(|name| (name.to_owned(), "extensions".to_owned()))
                .into(),
            ..Surroundings::default()
        };
        let empty = EmptyProject {
            roles: names(&["anon"]),
            installed: names(&["pgcrypto"]),
            available: names(&["citext"]),
        };
        let script = made(&surroundings, &empty);

        assert!(
            script.contains("create role \"reporter\"") && !script.contains("create role \"anon\""),
            "{script}"
        );
        assert!(
            script.contains("\ncreate extension if not exists \"citext\" with schema \"extensions\";\n"),
            "{script}"
        );
        assert!(script.contains("do 'begin create extension if not exists \"pg_net\""), "{script}");
        assert!(!script.contains("pgcrypto"), "{script}");
    }
}
