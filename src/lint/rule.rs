//! The table of all rules: the ids that findings, excuses and pages are known by.

/// A rule. Its page is `docs/rules/<ID>.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    /// The id: `D` data, `L` locks, `S` security, `H` hygiene, `C` what only a schema shows.
    pub id: &'static str,
    /// Its name in a few words, as other tools show it.
    pub name: &'static str,
    /// What it finds, in a sentence.
    pub summary: &'static str,
}

const fn rule(id: &'static str, name: &'static str, summary: &'static str) -> Rule {
    Rule { id, name, summary }
}

/// All rules, in the order of their ids within a family.
pub const RULES: &[Rule] = &[
    rule("D01", "table-dropped", "A table is dropped with its rows"),
    rule("D02", "column-dropped", "A column is dropped with its values"),
    rule("D03", "dropped-with-dependents", "A schema, a type, an extension or whatever depends is dropped"),
    rule("D04", "truncated", "A table loses all its rows"),
    rule("D05", "renamed", "A name that clients use is taken away"),
    rule("D06", "type-narrowed", "A column gets a type that holds less"),
    rule("D07", "all-rows-changed", "An update or delete without where"),
    rule("D08", "rights-revoked", "Rights on everything are taken from the API's roles"),
    rule("D09", "object-dropped", "A view, function or sequence is dropped and not made again"),
    rule("D10", "constraint-dropped", "A constraint is dropped and not put back"),
    rule("D11", "default-or-not-null-dropped", "A default or a not null is dropped"),
    rule("D12", "generated-values-changed", "A column stops or starts to fill itself"),
    rule("L01", "index-blocks-writers", "An index is built without concurrently"),
    rule("L02", "constraint-checked-at-once", "A foreign key or check is added without not valid"),
    rule("L03", "not-null-scans", "A column is set not null without a validated check"),
    rule("L04", "default-rewrites", "A new column has another value in every row"),
    rule("L05", "required-column", "A new column is not null and has no default"),
    rule("L06", "whole-table-locked", "A table is locked, clustered or vacuumed in full"),
    rule("L07", "key-built-under-lock", "A unique or primary key builds its index under a lock"),
    rule("L08", "type-change-rewrites", "A change of type rewrites the table"),
    rule("L09", "several-locks", "One transaction locks several tables against everybody"),
    rule("L10", "backfill-under-lock", "Rows are changed while the table is locked by the same transaction"),
    rule("L11", "enum-value-used-too-early", "An enum value is used in the transaction that adds it"),
    rule("L12", "index-dropped-under-lock", "An index is dropped without concurrently"),
    rule("L13", "reindex-blocks", "An index is built again without concurrently"),
    rule("L14", "partition-detached-under-lock", "A partition is detached without concurrently"),
    rule("L15", "domain-constraint", "A domain has a constraint"),
    rule("S01", "no-row-security", "A table of the API has no row level security"),
    rule("S02", "no-policy", "A table has row level security and no policy"),
    rule("S03", "no-grant", "A new table is granted to nobody"),
    rule("S04", "definer-search-path", "A security definer function trusts the caller's search_path"),
    rule("S05", "trusts-user-metadata", "A policy reads what users can write about themselves"),
    rule("S06", "platform-schema", "A schema of the platform is changed"),
    rule("S07", "login-cannot-be-deleted", "A reference to auth.users without on delete"),
    rule("S08", "everything-granted", "Everything is granted to people who have not logged in"),
    rule("S09", "everybody-writes", "A policy lets everybody write every row"),
    rule("S10", "policy-asks-per-row", "A policy calls auth functions for every row"),
    rule("S11", "definer-for-everybody", "Everybody may call a security definer function"),
    rule("S12", "view-without-invoker", "A view of the API shows rows with the rights of its owner"),
    rule("S13", "extension-in-public", "An extension is installed in public"),
    rule("S14", "secret", "A secret is written in a migration"),
    rule("S15", "policy-without-row-security", "A table has policies, and row level security is off"),
    rule("C01", "logins-exposed", "A view of the API reads auth.users"),
    rule("C02", "materialized-view-exposed", "A materialized view is shown by the API"),
    rule("C03", "foreign-table-exposed", "A foreign table is shown by the API"),
    rule("C04", "function-search-path", "A function trusts the caller's search_path"),
    rule("C05", "several-policies", "Several permissive policies for the same role and command"),
    rule("C06", "duplicate-index", "Two indexes are the same"),
    rule("C07", "reference-to-auth-index", "A foreign key stands on a unique index of the platform's"),
    rule("H01", "own-transaction", "The file begins or ends transactions itself"),
    rule("H02", "setting-leaks", "A setting stays after the end of the transaction"),
    rule("H03", "excuse-without-effect", "A comment allows nothing"),
    rule("H04", "identifier-too-long", "A name has more than 63 bytes"),
    rule("H05", "foreign-key-without-index", "The columns of a foreign key have no index"),
    rule("H06", "no-primary-key", "A table has no primary key"),
    rule("H07", "if-not-exists", "If not exists hides that something else exists already"),
    rule("H08", "half-done", "A file that cannot run in a transaction does more than one thing"),
    rule("H09", "small-key", "A key of four bytes runs out of numbers"),
    rule("H10", "serial", "A serial column instead of an identity"),
    rule("H11", "timestamp-without-zone", "A point in time without its time zone"),
    rule("H12", "padded-text", "A char column pads its values with blanks"),
    rule("H13", "limited-text", "A varchar with a limit"),
    rule("H14", "enum-value-without-place", "An enum value is put at the end"),
    rule("H15", "assigned-twice", "The same column is named twice"),
];

/// Whether there is a rule of this id.
pub(crate) fn exists(id: &str) -> bool {
    RULES.iter().any(|rule| rule.id == id)
}

/// The page of a rule.
#[must_use]
pub fn page(id: &str) -> String {
    format!("{}/blob/main/docs/rules/{id}.md", env!("CARGO_PKG_REPOSITORY"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_and_every_name_is_there_once() {
        for (index, rule) in RULES.iter().enumerate() {
            let others = &RULES[index + 1..];
            assert!(others.iter().all(|other| other.id != rule.id && other.name != rule.name), "{rule:?}");
        }
    }
}
