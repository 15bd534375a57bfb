//! The text of the new file, from a dump and from what a dump leaves out. Pure.

use crate::backup::adjust::{Adjusted, adjust};
use crate::catalog::Catalog;
use crate::migration::class::Class;
use crate::migration::script::ScriptError;
use crate::migration::squash::plan::SquashPlan;
use crate::migration::statement::split;
use crate::pg::identifier;

/// Who owns everything that migrations make.
const ROLE: &str = "postgres";

/// The roles that a Supabase project gives rights to by itself, whatever a migration wants.
const API_ROLES: &str = "anon, authenticated, service_role";

/// What the new file is made of.
pub(crate) struct Parts<'a> {
    /// What `pg_dump` wrote, rows as INSERTs.
    pub(crate) dump: &'a str,
    /// Extensions that the migrations made.
    pub(crate) before: Vec<String>,
    /// Triggers, policies, members of publications and rows on objects of the platform.
    pub(crate) after: Vec<String>,
    /// The schema without and with the migrations.
    pub(crate) bare: &'a Catalog,
    pub(crate) full: &'a Catalog,
}

/// Writes the file.
pub(crate) fn compose(plan: &SquashPlan, parts: &Parts<'_>) -> Result<String, ScriptError> {
    let mut text = head(plan);
    let mut add = |sql: &str| {
        text.push_str(sql.trim_end().trim_end_matches(';'));
        text.push_str(";\n\n");
    };
    for sql in &parts.before {
        add(sql);
    }
    let rights_changed = Changed::of(parts);
    let mut are_rights_cleared = false;
    for statement in split("the dump", parts.dump)? {
        if statement.class == Class::Empty {
            continue;
        }
        let code = statement.code_text(parts.dump);
        if is_about_rights(code) {
            if rights_changed.leaves_out(code) {
                continue;
            }
            if !are_rights_cleared {
                add(&clear_rights(parts.full));
                are_rights_cleared = true;
            }
        }
        match adjust(code, ROLE) {
            Adjusted::Skip => {}
            Adjusted::Run => add(without_banner(statement.text(parts.dump))),
            Adjusted::Instead(sql) => add(&sql),
        }
    }
    if !are_rights_cleared {
        add(&clear_rights(parts.full));
    }
    for sql in &parts.after {
        add(sql);
    }
    Ok(text)
}

fn head(plan: &SquashPlan) -> String {
    let mut text = String::new();
    let (from, before) = plan.versions();
    for (directive, versions) in [("squashed-from", from), ("squashed-before", before)] {
        for line in versions.chunks(6) {
            let versions: Vec<&str> = line.iter().map(|version| version.as_str()).collect();
            text += &format!("-- crmctl:{directive} {}\n", versions.join(","));
        }
    }
    text + "-- The migrations above in one, as `crmctl migrate squash` wrote it: the same schema and the same rows.\n\n"
}

/// Whose rights differ from those that a project has by itself.
struct Changed {
    public_schema: bool,
    defaults: bool,
}

impl Changed {
    fn of(parts: &Parts<'_>) -> Self {
        let of_kind = |kind| parts.bare.of_kind(kind).eq(parts.full.of_kind(kind));
        let public = |catalog: &Catalog| {
            let mut schemas = catalog.of_kind("schema").filter(|(name, _)| name.name == "public");
            schemas.next().map(|(_, facts)| facts.clone())
        };
        Self {
            public_schema: public(parts.bare) != public(parts.full),
            defaults: !of_kind("default privileges"),
        }
    }

    /// Whether a statement only repeats what a project has by itself.
    fn leaves_out(&self, code: &str) -> bool {
        let words: Vec<String> = code.split_whitespace().take(10).map(str::to_ascii_lowercase).collect();
        if words.starts_with(&["alter".to_owned(), "default".to_owned()]) {
            return !self.defaults;
        }
        let on_public = words.windows(3).any(|three| three == ["on", "schema", "public"]);
        on_public && !self.public_schema
    }
}

fn is_about_rights(code: &str) -> bool {
    let mut words = code.split_whitespace().map(str::to_ascii_lowercase);
    let first = words.next().unwrap_or_default();
    matches!(first.as_str(), "grant" | "revoke")
        || (first == "alter" && words.next().as_deref() == Some("default"))
}

/// A dump says which rights there are beyond PostgreSQL's own; a project adds others to everything that is made.
fn clear_rights(catalog: &Catalog) -> String {
    let schemas: Vec<String> = catalog.of_kind("schema").map(|(name, _)| identifier(&name.name)).collect();
    let schemas = schemas.join(", ");
    ["tables", "sequences", "routines"]
        .map(|kind| format!("revoke all on all {kind} in schema {schemas} from {API_ROLES}"))
        .join(";\n")
}

/// A statement without the lines that `pg_dump` begins its file with.
fn without_banner(statement: &str) -> &str {
    statement.trim_start_matches("--\n-- PostgreSQL database dump\n--\n").trim_start()
}
