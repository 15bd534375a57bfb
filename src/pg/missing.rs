//! What a plain PostgreSQL server lacks of the platform's: extensions, and the schemas they and the services make.

use super::ServerError;

/// Extensions that projects use, and the end of the name of the package of Debian, Ubuntu or apt.postgresql.org.
const PACKAGES: [(&str, &str); 17] = [
    ("http", "http"),
    ("hypopg", "hypopg"),
    ("pg_cron", "cron"),
    ("pg_partman", "partman"),
    ("pg_repack", "repack"),
    ("pgaudit", "pgaudit"),
    ("pgrouting", "pgrouting"),
    ("pgtap", "pgtap"),
    ("plpgsql_check", "plpgsql-check"),
    ("postgis", "postgis-3"),
    ("postgis_raster", "postgis-3"),
    ("postgis_sfcgal", "postgis-3"),
    ("postgis_tiger_geocoder", "postgis-3"),
    ("postgis_topology", "postgis-3"),
    ("address_standardizer", "postgis-3"),
    ("rum", "rum"),
    ("vector", "pgvector"),
];

/// The modules of PostgreSQL itself that hosted projects may use. Small builds come without them.
const CONTRIB: [&str; 28] = [
    "autoinc",
    "bloom",
    "btree_gin",
    "btree_gist",
    "citext",
    "cube",
    "dblink",
    "dict_int",
    "dict_xsyn",
    "earthdistance",
    "fuzzystrmatch",
    "hstore",
    "insert_username",
    "intarray",
    "isn",
    "ltree",
    "moddatetime",
    "pg_prewarm",
    "pg_stat_statements",
    "pg_trgm",
    "pgcrypto",
    "pgrowlocks",
    "pgstattuple",
    "postgres_fdw",
    "refint",
    "tablefunc",
    "unaccent",
    "uuid-ossp",
];

/// Schemas that an extension makes, and which.
const OF_EXTENSIONS: [(&str, &str); 6] = [
    ("cron", "pg_cron"),
    ("graphql", "pg_graphql"),
    ("net", "pg_net"),
    ("pgmq", "pgmq"),
    ("pgsodium", "pgsodium"),
    ("vault", "supabase_vault"),
];

/// Schemas that a service of the platform makes, and which.
const OF_SERVICES: [(&str, &str); 2] = [
    ("supabase_functions", "the platform's database webhooks"),
    ("_realtime", "the platform's realtime service"),
];

/// How to have all of the platform's locally.
const STACK: &str =
    "for a local database that has it, `crmctl local destroy` and `supabase start`: crmctl uses that stack";

/// What to do about an error that a server of the platform would not have given.
pub(super) fn help_for(error: &ServerError) -> Option<String> {
    match error.code.as_str() {
        "0A000" => missing_extension(error),
        "3F000" => missing_schema(error),
        "42501" if error.message.starts_with("permission denied to create event trigger") => Some(format!(
            "hosted Supabase lets `postgres` create event triggers, a plain server only a superuser; {STACK}"
        )),
        _ => None,
    }
}

fn missing_extension(error: &ServerError) -> Option<String> {
    let name = quoted(&error.message, "extension \"", "\" is not available")?;
    if CONTRIB.contains(&name) {
        return Some(format!(
            "`{name}` is one of PostgreSQL's own modules, which this build of the server lacks: `apt install postgresql` \
             has them, elsewhere the package is `postgresql-contrib`"
        ));
    }
    let Some((_, package)) = PACKAGES.iter().find(|(extension, _)| *extension == name) else {
        return Some(format!(
            "install `{name}` on the server, if it is to be had: some come with Supabase's own PostgreSQL only; {STACK}"
        ));
    };
    let major = error.detail.as_deref().and_then(major_of).unwrap_or("NN");
    let preload =
        if name == "pg_cron" { ", which must be in `shared_preload_libraries` as well" } else { "" };
    Some(format!(
        "install it where that server runs (throwaway ones run on this machine), for instance `apt install postgresql-{major}-{package}` (apt.postgresql.org){preload}; \
         then run the command again"
    ))
}

fn missing_schema(error: &ServerError) -> Option<String> {
    let name = quoted(&error.message, "schema \"", "\" does not exist")?;
    let made_by = |list: &[(&'static str, &'static str)]| {
        list.iter().find(|(schema, _)| *schema == name).map(|(_, maker)| *maker)
    };
    if let Some(extension) = made_by(&OF_EXTENSIONS) {
        return Some(format!(
            "schema `{name}` is made by extension `{extension}`: where no migration has done it before, begin with \
             `create extension if not exists {extension};`"
        ));
    }
    let maker = made_by(&OF_SERVICES)?;
    Some(format!("schema `{name}` is made by {maker}, which this database does not have; {STACK}"))
}

fn quoted<'a>(message: &'a str, before: &str, behind: &str) -> Option<&'a str> {
    message.strip_prefix(before)?.strip_suffix(behind)
}

/// The version in a path like `/usr/share/postgresql/17/extension/vector.control`.
fn major_of(detail: &str) -> Option<&str> {
    let (_, path) = detail.split_once("/postgresql/")?;
    let (major, _) = path.split_once('/')?;
    (!major.is_empty() && major.bytes().all(|byte| byte.is_ascii_digit())).then_some(major)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn help(code: &str, message: &str, detail: Option<&str>) -> Option<String> {
        help_for(&ServerError {
            code: code.to_owned(),
            message: message.to_owned(),
            detail: detail.map(str::to_owned),
            ..ServerError::default()
        })
    }

    #[test]
    fn an_extension_the_server_lacks_is_named_with_its_package() {
        let detail =
            "Could not open extension control file \"/usr/share/postgresql/17/extension/vector.control\".";
        let vector = help("0A000", "extension \"vector\" is not available", Some(detail)).expect("help");
        let cron = help("0A000", "extension \"pg_cron\" is not available", None).expect("help");

        assert!(vector.contains("apt install postgresql-17-pgvector"), "{vector}");
        assert!(cron.contains("postgresql-NN-cron") && cron.contains("shared_preload_libraries"), "{cron}");
    }

    #[test]
    fn a_module_of_postgresql_itself_is_not_taken_for_one_of_the_platform() {
        let crypto = help("0A000", "extension \"pgcrypto\" is not available", None).expect("help");

        assert!(crypto.contains("postgresql-contrib") && !crypto.contains("supabase start"), "{crypto}");
    }

    #[test]
    fn what_comes_with_the_platform_only_leads_to_its_stack() {
        let graphql = help("0A000", "extension \"pg_graphql\" is not available", None).expect("help");
        let vault = help("3F000", "schema \"vault\" does not exist", None).expect("help");
        let trigger = help("42501", "permission denied to create event trigger \"x\"", None).expect("help");

        for text in [&graphql, &trigger] {
            assert!(text.contains("supabase start"), "{text}");
        }
        assert!(vault.contains("`create extension if not exists supabase_vault;`"), "{vault}");
    }

    #[test]
    fn a_schema_of_the_user_and_other_refusals_are_not_explained_away() {
        assert_eq!(help("3F000", "schema \"stripe\" does not exist", None), None);
        assert_eq!(help("0A000", "cannot alter type of a column used by a view or rule", None), None);
        assert_eq!(help("42501", "permission denied for schema auth", None), None);
    }
}
