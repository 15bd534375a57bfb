//! Which schemas belong to the platform: never dumped, never truncated, never compared.

/// Where `crmctl sync` keeps rows that are yet to be put in place. Only there while it works, or after it was stopped.
pub const STAGING_SCHEMA: &str = "crmctl_sync";

/// The comment by which that schema is known to be crmctl's: one that somebody else called so is left alone.
pub const STAGING_MARK: &str = "rows that crmctl sync is about to put in place";

/// Schemas that Supabase manages (the list its own CLI leaves out of a schema dump), and crmctl's own. Names that end
/// in `%` are prefixes.
pub const MANAGED_SCHEMAS: &[&str] = &[
    "information_schema",
    "pg\\_%",
    "\\_analytics",
    "\\_realtime",
    "\\_supavisor",
    "auth",
    "etl",
    "extensions",
    "pgbouncer",
    "realtime",
    "storage",
    "supabase\\_functions",
    "supabase\\_migrations",
    "cron",
    "dbdev",
    "graphql",
    "graphql\\_public",
    "net",
    "pgmq",
    "pgsodium",
    "pgsodium\\_masks",
    "pgtle",
    "repack",
    "tiger",
    "tiger\\_data",
    "timescaledb\\_%",
    "\\_timescaledb\\_%",
    "topology",
    "vault",
    "crmctl\\_sync",
];

/// Whether a schema belongs to the platform.
#[must_use]
pub fn is_managed(schema: &str) -> bool {
    MANAGED_SCHEMAS.iter().any(|pattern| {
        let plain = pattern.replace('\\', "");
        match plain.strip_suffix('%') {
            Some(prefix) => schema.starts_with(prefix),
            None => schema == plain,
        }
    })
}

/// An SQL condition that holds for the user's schemas. `column` is an expression of type `name` or `text`.
#[must_use]
pub fn is_user_schema_sql(column: &str) -> String {
    format!("{column}::text not like all ({})", crate::pg::text_array(MANAGED_SCHEMAS))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn platform_schemas_are_managed_and_similar_names_are_not() {
        assert!(is_managed("auth") && is_managed("pg_toast") && is_managed("timescaledb_internal"));
        assert!(is_managed(STAGING_SCHEMA));
        assert!(
            !is_managed("public")
                && !is_managed("authors")
                && !is_managed("pgx")
                && !is_managed("supabase-functions")
        );
    }
}
