//! The sections of `validate.toml`, as written.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct File {
    pub(super) exposed: Option<Vec<String>>,
    pub(super) timeout: Option<Spanned<String>>,
    pub(super) tables: Tables,
    pub(super) indexes: Indexes,
    pub(super) policies: Policies,
    pub(super) references: Vec<Spanned<ReferenceSection>>,
    pub(super) unique: Vec<Spanned<UniqueSection>>,
    pub(super) counts: Vec<Spanned<CountSection>>,
    pub(super) rules: Vec<RuleSection>,
    pub(super) queries: Queries,
    pub(super) severity: BTreeMap<Spanned<String>, Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Tables {
    pub(super) required: Vec<Spanned<String>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Indexes {
    pub(super) required: Vec<Spanned<IndexSection>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct IndexSection {
    pub(super) name: Option<String>,
    pub(super) table: Option<String>,
    #[serde(default)]
    pub(super) columns: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Policies {
    #[serde(rename = "min_policies")]
    pub(super) least: Option<u64>,
    pub(super) tables: BTreeMap<String, Spanned<u64>>,
    pub(super) exempt: Vec<Spanned<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReferenceSection {
    pub(super) from: String,
    pub(super) to: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UniqueSection {
    pub(super) table: String,
    pub(super) columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CountSection {
    pub(super) table: String,
    pub(super) min: Option<u64>,
    pub(super) max: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleSection {
    pub(super) name: String,
    pub(super) sql: Spanned<String>,
    pub(super) severity: Option<Severity>,
    pub(super) message: Option<String>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Severity {
    Error,
    Warning,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Queries {
    pub(super) budget_ms: Option<u64>,
    pub(super) check: Vec<QuerySection>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuerySection {
    pub(super) name: String,
    pub(super) sql: Spanned<String>,
    pub(super) budget_ms: Option<u64>,
}
