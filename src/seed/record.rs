//! Single rows that must be so: how to ask whether they are, and how to make them so.

use std::collections::{BTreeMap, BTreeSet};

use crate::environment::Secret;
use crate::pg::{identifier, literal};
use crate::seed::description::Role;
use crate::seed::identifier::identity_id;
use crate::seed::users::Login;

/// The columns of tables, by `schema.table`. Generated ones are left out: nobody writes them.
pub(crate) type Columns = BTreeMap<String, BTreeSet<String>>;

/// What a column must hold; each is an SQL expression.
#[derive(Clone)]
enum Rule {
    /// Exactly this.
    Always(String),
    /// This, unless it holds something.
    Unless(String),
    /// A JSON object with at least these keys.
    With(String),
}

/// A row that must be so.
pub(crate) struct Record {
    table: &'static str,
    key: Vec<(&'static str, String)>,
    columns: Vec<(&'static str, Rule)>,
}

impl Record {
    fn key(&self) -> String {
        let conditions: Vec<String> =
            self.key.iter().map(|(column, value)| format!("r.{} = {value}", identifier(column))).collect();
        conditions.join(" and ")
    }

    /// What a column must hold, where `r` is the row.
    fn wanted(column: &str, rule: &Rule) -> String {
        let name = identifier(column);
        match rule {
            Rule::Always(value) => value.clone(),
            Rule::Unless(value) => format!("coalesce(r.{name}, {value})"),
            Rule::With(value) => format!("coalesce(r.{name}, '{{}}'::jsonb) || {value}"),
        }
    }

    fn same(&self) -> String {
        let mut conditions = vec!["true".to_owned()];
        for (column, rule) in &self.columns {
            let wanted = Self::wanted(column, rule);
            conditions.push(format!("r.{} is not distinct from {wanted}", identifier(column)));
        }
        conditions.join(" and ")
    }

    /// An SQL expression: whether the row is there and as it must be.
    pub(crate) fn is_right(&self) -> String {
        format!("exists (select from {} r where {} and {})", self.table, self.key(), self.same())
    }

    /// Two statements that make it so, and change nothing that is so.
    pub(crate) fn write(&self) -> String {
        let assignments: Vec<String> = self
            .columns
            .iter()
            .map(|(column, rule)| format!("{} = {}", identifier(column), Self::wanted(column, rule)))
            .collect();
        let (mut names, mut values) = (Vec::new(), Vec::new());
        for (column, value) in &self.key {
            names.push(identifier(column));
            values.push(value.clone());
        }
        for (column, rule) in &self.columns {
            let (Rule::Always(value) | Rule::Unless(value) | Rule::With(value)) = rule;
            names.push(identifier(column));
            values.push(value.clone());
        }
        let (table, key) = (self.table, self.key());
        format!(
            "update {table} r set {} where {key} and not ({}); \
             insert into {table} ({}) select {} where not exists (select from {table} r where {key})",
            assignments.join(", "),
            self.same(),
            names.join(", "),
            values.join(", "),
        )
    }

    /// Leaves out what the database does not have: auth servers differ by version, and projects in what they store.
    fn adapted(mut self, table: &str, columns: &Columns) -> Self {
        let has = |column: &str| columns.get(table).is_some_and(|columns| columns.contains(column));
        self.columns.retain(|(column, _)| has(column));
        self
    }
}

/// When the logins were made: fixed, so that every environment has the same rows.
const SEEDED_AT: &str = "'2025-01-01 00:00:00+00'::timestamptz";
const NEVER: &str = "null::timestamptz";

/// The login itself. Without a hash, the stored one stays.
///
/// The auth server reads the columns without a default into plain strings: a NULL in one of them makes every login
/// fail. So none is left out, and a NULL that another tool left behind is mended.
pub(crate) fn auth_user(login: &Login, hash: Option<&Secret>, columns: &Columns) -> Record {
    let text = |value: &str| format!("{}::text", literal(value));
    let app_data = format!(
        "jsonb_build_object('provider', 'email', 'providers', jsonb_build_array('email'), 'crm_role', {})",
        text(login.role.as_str())
    );
    let user_data = format!(
        "jsonb_build_object('full_name', {}, 'first_name', {}, 'last_name', {}, 'email_verified', true)",
        text(&format!("{} {}", login.first_name, login.last_name)),
        text(&login.first_name),
        text(&login.last_name)
    );
    let mut rules = vec![
        ("instance_id", Rule::Always("'00000000-0000-0000-0000-000000000000'::uuid".to_owned())),
        ("aud", Rule::Always("'authenticated'".to_owned())),
        ("role", Rule::Always("'authenticated'".to_owned())),
        ("email", Rule::Always(literal(&login.email))),
        ("email_confirmed_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("raw_app_meta_data", Rule::With(app_data)),
        ("raw_user_meta_data", Rule::With(user_data)),
        ("created_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("updated_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("email_change_confirm_status", Rule::Unless("0".to_owned())),
        ("is_sso_user", Rule::Always("false".to_owned())),
        ("is_anonymous", Rule::Always("false".to_owned())),
        ("banned_until", Rule::Always(NEVER.to_owned())),
        ("deleted_at", Rule::Always(NEVER.to_owned())),
    ];
    for token in [
        "confirmation_token",
        "recovery_token",
        "email_change_token_new",
        "email_change",
        "email_change_token_current",
        "phone_change",
        "phone_change_token",
        "reauthentication_token",
    ] {
        rules.push((token, Rule::Unless("''".to_owned())));
    }
    if let Some(hash) = hash {
        rules.push(("encrypted_password", Rule::Always(literal(hash.expose()))));
    }
    let key = vec![("id", format!("'{}'::uuid", login.id))];
    Record { table: "auth.users", key, columns: rules }.adapted("auth.users", columns)
}

/// How the login is known: by e-mail. What the dashboard lists, and what linking further providers needs.
pub(crate) fn auth_identity(login: &Login, columns: &Columns) -> Record {
    let id = login.id;
    let data = format!(
        "jsonb_build_object('sub', '{id}'::text, 'email', {}::text, 'email_verified', true, 'phone_verified', false)",
        literal(&login.email)
    );
    let mut rules = vec![
        ("provider_id", Rule::Always(format!("'{id}'"))),
        ("identity_data", Rule::With(data)),
        ("created_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("updated_at", Rule::Unless(SEEDED_AT.to_owned())),
    ];
    // Before there was a `provider_id`, the id was a text with the same meaning.
    let has_provider_id =
        columns.get("auth.identities").is_some_and(|columns| columns.contains("provider_id"));
    let own_id = if has_provider_id { format!("'{}'::uuid", identity_id(id)) } else { format!("'{id}'") };
    rules.push(("id", Rule::Unless(own_id)));
    let key = vec![("user_id", format!("'{id}'::uuid")), ("provider", "'email'".to_owned())];
    Record { table: "auth.identities", key, columns: rules }.adapted("auth.identities", columns)
}

/// The person behind the login. A trigger on `auth.users` may have made the row already.
pub(crate) fn sales_person(login: &Login, columns: &Columns) -> Record {
    let rules = vec![
        ("first_name", Rule::Always(literal(&login.first_name))),
        ("last_name", Rule::Always(literal(&login.last_name))),
        ("email", Rule::Always(literal(&login.email))),
        ("role", Rule::Always(literal(login.role.as_str()))),
        ("administrator", Rule::Always((login.role == Role::Admin).to_string())),
        ("disabled", Rule::Always("false".to_owned())),
        ("created_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("updated_at", Rule::Unless(SEEDED_AT.to_owned())),
        ("deleted_at", Rule::Always(NEVER.to_owned())),
    ];
    let key = vec![("id", format!("'{}'::uuid", login.id))];
    Record { table: "public.sales", key, columns: rules }.adapted("public.sales", columns)
}
