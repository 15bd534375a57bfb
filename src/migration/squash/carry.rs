//! What a squash cannot carry: statements whose effect is not in the schemas of the user. Pure.

use crate::error::Location;
use crate::migration::file::MigrationFile;

/// First words of statements about the whole server, the whole database, or the platform's own.
const ELSEWHERE: [&[&str]; 22] = [
    &["create", "role"],
    &["create", "user"],
    &["create", "group"],
    &["alter", "role"],
    &["alter", "user"],
    &["alter", "group"],
    &["drop", "role"],
    &["drop", "user"],
    &["create", "database"],
    &["alter", "database"],
    &["alter", "system"],
    &["create", "event", "trigger"],
    &["create", "server"],
    &["create", "foreign", "data"],
    &["create", "cast"],
    &["create", "language"],
    &["create", "trusted"],
    &["create", "access"],
    &["create", "subscription"],
    &["create", "tablespace"],
    &["security", "label"],
    &["import", "foreign"],
];

/// Calls that leave their effect in tables of the platform, wherever they stand: also inside of `do` blocks.
const CALLS: [&str; 6] =
    ["cron.schedule", "cron.unschedule", "vault.create_secret", "pgmq.create", "create role", "create user"];

/// The first statement of a file that a squash cannot carry: its first words, and where it is.
pub(crate) fn not_carried(file: &MigrationFile) -> Option<(String, Location)> {
    let found = file.statements.iter().find_map(|statement| {
        let code = statement.code_text(&file.text);
        let words: Vec<String> = code.split_whitespace().take(4).map(str::to_ascii_lowercase).collect();
        let begins =
            |keywords: &&&[&str]| words.iter().zip(**keywords).all(|(word, keyword)| word == keyword);
        if let Some(keywords) =
            ELSEWHERE.iter().find(|keywords| words.len() >= keywords.len() && begins(keywords))
        {
            return Some((keywords.join(" "), statement));
        }
        // Membership in a role is granted without `on`.
        let code = code.to_ascii_lowercase();
        let is_grant = words.first().is_some_and(|word| word == "grant" || word == "revoke");
        if is_grant && !code.split_whitespace().any(|word| word == "on") {
            return Some((format!("{} a role", words[0]), statement));
        }
        let calls = matches!(words.first().map(String::as_str), Some("select" | "do" | "call" | "perform"));
        let call = CALLS.iter().find(|call| calls && code.contains(**call))?;
        Some(((*call).to_owned(), statement))
    });
    found.map(|(what, statement)| (what, statement.location(&file.shown(), &file.text)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn what_is_about_the_server_is_found_with_its_place() {
        let file = test_file("1_a", "create table a ();\n-- who\nCREATE  ROLE r;");
        let (what, at) = not_carried(&file).expect("it is one");
        assert_eq!((what.as_str(), at.to_string().as_str()), ("create role", "migrations/1_a.sql:3:1"));

        for sql in [
            "grant reader to postgres",
            "select cron.schedule('a', '* * * * *', 'select 1')",
            "do $$ begin create role r; end $$",
            "create event trigger e on ddl_command_end execute function f()",
        ] {
            assert!(not_carried(&test_file("1_a", sql)).is_some(), "{sql}");
        }
    }

    #[test]
    fn what_is_in_the_schemas_of_the_user_is_carried() {
        let sql = "create table a (role text); grant select on a to anon; insert into a values ('create role');\
            select setval('s', 1); do $$ begin perform 1; end $$; alter table a owner to postgres";
        assert_eq!(not_carried(&test_file("1_a", sql)), None);
    }
}
