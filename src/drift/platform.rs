//! Differences that are nobody's drift: what the platform has by itself, and what people make with its services. Pure.

use crate::catalog::{Catalog, Change, Difference, diff};

/// Extensions that a hosted project has from the start, in one year or another.
const PLATFORM_EXTENSIONS: [&str; 8] = [
    "pg_graphql",
    "pg_stat_statements",
    "pgcrypto",
    "pgjwt",
    "pgsodium",
    "plpgsql",
    "supabase_vault",
    "uuid-ossp",
];

/// Rows that the dashboard and the API make as a matter of course: more of them than migrations make is no drift.
const SERVED: [&str; 2] = ["storage bucket", "cron job"];

/// In what a database, on the right, differs from what its migrations make, on the left.
#[must_use]
pub(crate) fn differences(made: &Catalog, found: &Catalog) -> Vec<Difference> {
    let mut differences = diff(made, found);
    differences.retain(is_drift);
    differences
}

fn is_drift(difference: &Difference) -> bool {
    let kind = difference.object.kind.as_str();
    let is_platform = kind == "extension" && PLATFORM_EXTENSIONS.contains(&difference.object.name.as_str());
    let is_served = difference.change == Change::OnlyRight && SERVED.contains(&kind);
    !is_platform && !is_served
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::{Facts, ObjectName};

    fn catalog(objects: &[(&str, &str)]) -> Catalog {
        let name = |kind: &str, name: &str| ObjectName {
            kind: kind.into(),
            schema: String::new(),
            name: name.into(),
        };
        Catalog { objects: objects.iter().map(|(kind, of)| (name(kind, of), Facts::new())).collect() }
    }

    #[test]
    fn what_the_platform_brings_along_is_no_drift() {
        let hosted = catalog(&[("extension", "pg_graphql"), ("storage bucket", "avatars")]);

        assert_eq!(differences(&catalog(&[("extension", "pgcrypto")]), &hosted), []);
    }

    #[test]
    fn an_extension_by_hand_and_a_bucket_that_is_gone_are() {
        let made = catalog(&[("storage bucket", "avatars")]);

        assert_eq!(differences(&made, &catalog(&[("extension", "postgis")])).len(), 2);
    }
}
