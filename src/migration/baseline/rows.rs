//! Rows that are a part of a project though their tables are the platform's: storage buckets and cron jobs. Pure.

use serde_json::Value;

use crate::catalog::{Catalog, Facts};
use crate::lint::secrets;
use crate::pg::literal;

/// From this length on the command of a job was not read as a whole.
const LONGEST_COMMAND: usize = 100_000;

/// A statement for every bucket; one that is there already stays as it is.
pub(super) fn buckets(catalog: &Catalog) -> Vec<String> {
    catalog.of_kind("storage bucket").map(|(name, facts)| bucket(&name.name, facts)).collect()
}

fn bucket(id: &str, facts: &Facts) -> String {
    let (mut columns, mut values) = (vec!["id"], vec![literal(id)]);
    for column in ["name", "public", "file_size_limit", "allowed_mime_types"] {
        let value = match facts.get(column) {
            None | Some(Value::Null) => continue,
            Some(Value::String(text)) => literal(text),
            Some(Value::Array(items)) => {
                let items: Vec<String> = items.iter().filter_map(Value::as_str).map(literal).collect();
                format!("array[{}]::text[]", items.join(", "))
            }
            Some(value @ (Value::Bool(_) | Value::Number(_) | Value::Object(_))) => value.to_string(),
        };
        columns.push(column);
        values.push(value);
    }
    format!(
        "insert into storage.buckets ({}) values ({}) on conflict (id) do nothing",
        columns.join(", "),
        values.join(", ")
    )
}

/// A statement for every job of this database, and a word on each that is left out.
pub(super) fn jobs(catalog: &Catalog) -> (Vec<String>, Vec<String>) {
    let (mut statements, mut left_out) = (Vec::new(), Vec::new());
    for (name, facts) in catalog.of_kind("cron job") {
        match job(&name.name, facts) {
            Ok(statement) => statements.push(statement),
            // A name may hold a line break, which would end the comment.
            Err(why) => left_out.push(format!("cron job {:?} is left out: {why}", name.name)),
        }
    }
    (statements, left_out)
}

fn job(name: &str, facts: &Facts) -> Result<String, &'static str> {
    let text = |fact: &str| facts.get(fact).and_then(Value::as_str);
    let (schedule, command) = (text("schedule").unwrap_or_default(), text("command").unwrap_or_default());
    if facts.contains_key("database") {
        return Err("it runs in another database");
    }
    if command.len() >= LONGEST_COMMAND {
        return Err("its command is too long");
    }
    if !secrets::find(command).is_empty() {
        return Err(
            "its command holds a secret; read it from the vault, and schedule it in a migration of its own",
        );
    }
    let is_named = !name.starts_with("unnamed ");
    let arguments: Vec<String> =
        is_named.then_some(name).into_iter().chain([schedule, command]).map(literal).collect();
    let mut call = format!("cron.schedule({})", arguments.join(", "));
    if facts.get("active") == Some(&Value::Bool(false)) {
        call = format!("cron.alter_job(job_id := {call}, active := false)");
    }
    let body = format!(
        "begin if pg_catalog.to_regnamespace('cron') is null then raise warning 'pg_cron is not there: % is not scheduled', {}; \
         else perform {call}; end if; end",
        literal(name)
    );
    Ok(format!("do {}", literal(&body)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::ObjectName;

    fn catalog(kind: &str, name: &str, facts: Value) -> Catalog {
        let name = ObjectName { kind: kind.to_owned(), schema: String::new(), name: name.to_owned() };
        let facts: Facts = serde_json::from_value(facts).expect("an object");
        Catalog { objects: [(name, facts)].into() }
    }

    #[test]
    fn a_bucket_comes_with_what_is_set_and_does_not_change_one_that_is_there() {
        let facts = json!({"name": "it's", "public": true, "file_size_limit": 50_000, "allowed_mime_types": ["image/png", "a'b"]});
        assert_eq!(
            buckets(&catalog("storage bucket", "a", facts)),
            ["insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values \
              ('a', 'it''s', true, 50000, array['image/png', 'a''b']::text[]) on conflict (id) do nothing"]
        );
        let bare = json!({"name": "b", "public": false, "file_size_limit": null, "allowed_mime_types": null});
        assert_eq!(
            buckets(&catalog("storage bucket", "b", bare)),
            [
                "insert into storage.buckets (id, name, public) values ('b', 'b', false) on conflict (id) do nothing"
            ]
        );
    }

    #[test]
    fn a_job_is_scheduled_where_there_is_a_scheduler() {
        let facts = json!({"schedule": "0 3 * * *", "command": "select 'x'", "active": false});
        let (statements, left_out) = jobs(&catalog("cron job", "nightly", facts));

        assert!(left_out.is_empty());
        assert!(
            statements[0].contains("cron.schedule(''nightly'', ''0 3 * * *'', ''select x'')"),
            "{statements:?}"
        );
        assert!(statements[0].contains("active := false"), "{statements:?}");
    }

    #[test]
    fn a_job_with_a_secret_is_left_out_and_its_name_cannot_leave_the_comment() {
        let command = format!("select net.http_post('https://x', 'sb_secret_{}')", "a1b2c3d4e5f6g7h8i9");
        let facts = json!({"schedule": "* * * * *", "command": command, "active": true});
        let (statements, left_out) = jobs(&catalog("cron job", "a\ndrop table b", facts));

        assert!(statements.is_empty());
        assert!(left_out[0].contains("holds a secret") && !left_out[0].contains('\n'), "{left_out:?}");
        assert!(!left_out[0].contains("sb_secret_"), "{left_out:?}");
    }
}
