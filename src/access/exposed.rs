//! Which schemas the API exposes.

use std::path::Path;

use serde::Deserialize;

/// What matters of `supabase/config.toml`, a file of another program: whatever else stands in it is its business.
#[derive(Default, Deserialize)]
struct SupabaseConfig {
    #[serde(default)]
    api: Api,
}

#[derive(Default, Deserialize)]
struct Api {
    schemas: Option<Vec<String>>,
}

/// The schemas the API exposes: those of `supabase/config.toml` below `root`, else `public`. The schema of GraphQL
/// holds no tables and is left out.
#[must_use]
pub fn exposed_schemas(root: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(root.join("supabase").join("config.toml")).unwrap_or_default();
    schemas_in(&text)
}

fn schemas_in(text: &str) -> Vec<String> {
    let config: SupabaseConfig = toml::from_str(text).unwrap_or_default();
    let mut schemas = config.api.schemas.unwrap_or_else(|| vec!["public".to_owned()]);
    schemas.retain(|schema| schema != "graphql_public");
    schemas
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schemas_of_the_api_are_read_and_public_is_the_default() {
        let text =
            "[api]\nenabled = true\nschemas = [\"public\", \"graphql_public\", \"crm\"]\n[db]\nport = 1\n";

        assert_eq!(schemas_in(text), ["public", "crm"]);
        assert_eq!(schemas_in(""), ["public"]);
        assert_eq!(schemas_in("not toml at all ["), ["public"]);
    }
}
