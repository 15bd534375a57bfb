//! Rows of `auth.users` that break the login of their users. Pure.
//!
//! The authentication service reads these columns into values that cannot be absent: one NULL, and the login of that
//! user ends with "Database error querying schema" (<https://github.com/supabase/auth/issues/1940>).

use crate::doctor::Check;
use crate::ui::plural;

/// The columns, and what the service itself would have written.
const COLUMNS: [(&str, &str); 14] = [
    ("aud", "'authenticated'"),
    ("role", "'authenticated'"),
    ("confirmation_token", "''"),
    ("recovery_token", "''"),
    ("email_change_token_new", "''"),
    ("email_change", "''"),
    ("email_change_token_current", "''"),
    ("phone_change", "''"),
    ("phone_change_token", "''"),
    ("reauthentication_token", "''"),
    ("instance_id", "'00000000-0000-0000-0000-000000000000'"),
    ("email_change_confirm_status", "0"),
    ("created_at", "now()"),
    ("updated_at", "now()"),
];

/// The columns of a database's `auth.users`; each version of the service has others.
pub(super) const EXISTING: &str = "select attname as name from pg_catalog.pg_attribute \
    where attrelid = pg_catalog.to_regclass('auth.users') and attnum > 0 and not attisdropped";

/// What is known of `auth.users`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Users {
    /// There is no such table.
    Absent,
    /// The server does not let us see it.
    Hidden(String),
    /// It was looked through.
    Seen {
        /// All rows.
        rows: u64,
        /// Rows with a NULL where none may be.
        broken: u64,
        /// The columns with such NULLs.
        columns: Vec<String>,
    },
}

/// One scan that counts: `rows`, `broken`, and a flag per column. Nothing when the table has none of the columns.
pub(super) fn count(existing: &[String]) -> Option<String> {
    let columns: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
    let columns: Vec<&str> =
        columns.into_iter().filter(|name| existing.iter().any(|column| column == name)).collect();
    if columns.is_empty() {
        return None;
    }
    let any = columns.iter().map(|name| format!("{name} is null")).collect::<Vec<_>>().join(" or ");
    let flags = columns.iter().map(|name| format!("bool_or({name} is null) as {name}"));
    let flags = flags.collect::<Vec<_>>().join(", ");
    Some(format!("select count(*) as rows, count(*) filter (where {any}) as broken, {flags} from auth.users"))
}

/// The judgement, with the statement that mends what is broken.
pub(super) fn check(users: &Users) -> Check {
    let name = "auth.users";
    match users {
        Users::Absent => Check::warning(name, "there is none: not a database of Supabase's"),
        Users::Hidden(reason) => Check::warning(name, format!("cannot be looked at: {reason}")),
        Users::Seen { rows, broken: 0, .. } => {
            Check::ok(name, format!("{}, all can log in as far as NULLs go", plural(*rows, "user")))
        }
        Users::Seen { broken, columns, .. } => {
            let names = columns.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
            let users = plural(*broken, "user");
            let what = format!("{users} cannot log in (\"Database error querying schema\"): NULL in {names}");
            Check::problem(name, what).with_help(format!("`{}`", mend(columns)))
        }
    }
}

fn mend(columns: &[String]) -> String {
    let value =
        |column: &str| COLUMNS.iter().find(|(name, _)| *name == column).map_or("''", |(_, value)| value);
    let set = columns.iter().map(|name| format!("{name} = coalesce({name}, {})", value(name)));
    let any = columns.iter().map(|name| format!("{name} is null"));
    format!(
        "update auth.users set {} where {};",
        set.collect::<Vec<_>>().join(", "),
        any.collect::<Vec<_>>().join(" or ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::State;

    #[test]
    fn only_columns_that_exist_are_looked_at() {
        let existing = ["id", "aud", "email_change"].map(str::to_owned);

        assert_eq!(
            count(&existing).unwrap(),
            "select count(*) as rows, count(*) filter (where aud is null or email_change is null) as broken, \
             bool_or(aud is null) as aud, bool_or(email_change is null) as email_change from auth.users"
        );
        assert_eq!(count(&["id".to_owned()]), None);
    }

    #[test]
    fn the_help_is_the_statement_that_mends_the_rows() {
        let columns = ["role", "recovery_token"].map(str::to_owned).to_vec();
        let check = check(&Users::Seen { rows: 5, broken: 2, columns });

        assert_eq!(check.state, State::Problem);
        assert!(check.what.starts_with("2 users cannot log in"), "{}", check.what);
        assert_eq!(
            check.help.unwrap(),
            "`update auth.users set role = coalesce(role, 'authenticated'), \
             recovery_token = coalesce(recovery_token, '') where role is null or recovery_token is null;`"
        );
    }
}
