//! Which extensions there are stand-ins for.

/// One extension.
#[derive(Debug)]
pub(super) struct Standin {
    pub(super) name: &'static str,
    /// The schema its objects must be in; that of `create extension` otherwise.
    schema: Option<&'static str>,
    requires: Option<&'static str>,
    /// Whether `alter extension .. set schema` moves it.
    relocatable: bool,
    /// Those that files ask for by number; the first one without. There is no difference between them.
    versions: &'static [&'static str],
    script: &'static str,
    /// Also where the real one is installed: it would act on the world outside, or needs settings.
    pub(super) always: bool,
}

pub(super) const STANDINS: [Standin; 10] = [
    Standin {
        name: "hypopg",
        schema: None,
        requires: None,
        relocatable: true,
        versions: &["1.4.1", "1.4.0", "1.3.1"],
        script: include_str!("hypopg.sql"),
        always: false,
    },
    Standin {
        name: "index_advisor",
        schema: None,
        requires: Some("hypopg"),
        relocatable: true,
        versions: &["0.2.0", "0.1.2", "0.1.1"],
        script: include_str!("index_advisor.sql"),
        always: false,
    },
    Standin {
        name: "pg_cron",
        schema: None,
        requires: None,
        relocatable: false,
        versions: &["1.6.4", "1.6", "1.5", "1.4-1", "1.4"],
        script: include_str!("pg_cron.sql"),
        always: true,
    },
    Standin {
        name: "pg_graphql",
        schema: Some("graphql"),
        requires: None,
        relocatable: false,
        versions: &[
            "1.5.11", "1.5.9", "1.5.7", "1.5.6", "1.5.4", "1.5.0", "1.4.2", "1.4.0", "1.2.3", "1.2.2",
            "1.1.0",
        ],
        script: include_str!("pg_graphql.sql"),
        always: false,
    },
    Standin {
        name: "pg_net",
        schema: None,
        requires: None,
        relocatable: false,
        versions: &[
            "0.19.5", "0.14.0", "0.13.0", "0.12.0", "0.11.0", "0.10.0", "0.9.3", "0.9.2", "0.9.1", "0.8.0",
            "0.7.3", "0.7.1", "0.7", "0.6", "0.5.1", "0.5", "0.3", "0.2",
        ],
        script: include_str!("pg_net.sql"),
        always: true,
    },
    Standin {
        name: "pgjwt",
        schema: None,
        requires: Some("pgcrypto"),
        relocatable: false,
        versions: &["0.2.0", "0.1.1"],
        script: include_str!("pgjwt.sql"),
        always: false,
    },
    Standin {
        name: "pgmq",
        schema: Some("pgmq"),
        requires: None,
        relocatable: false,
        versions: &["1.5.1", "1.5.0", "1.4.5", "1.4.4", "1.4.2", "1.4.0"],
        script: include_str!("pgmq.sql"),
        always: false,
    },
    Standin {
        name: "pgsodium",
        schema: Some("pgsodium"),
        requires: None,
        relocatable: false,
        versions: &["3.1.8", "3.1.9", "3.1.7", "3.1.6", "3.1.5", "3.0.4"],
        script: include_str!("pgsodium.sql"),
        always: false,
    },
    Standin {
        name: "supabase_vault",
        schema: Some("vault"),
        requires: None,
        relocatable: false,
        versions: &["0.3.1", "0.2.8"],
        script: include_str!("supabase_vault.sql"),
        always: false,
    },
    Standin {
        name: "wrappers",
        schema: None,
        requires: None,
        relocatable: false,
        versions: &[
            "0.5.7", "0.5.4", "0.5.3", "0.5.0", "0.4.6", "0.4.5", "0.4.4", "0.4.3", "0.4.1", "0.3.1", "0.2.0",
        ],
        script: include_str!("wrappers.sql"),
        always: false,
    },
];

impl Standin {
    /// Its files: names and texts.
    pub(super) fn files(&self) -> impl Iterator<Item = (String, String)> {
        let scripts = self
            .versions
            .iter()
            .map(|version| (format!("{}--{version}.sql", self.name), self.script.to_owned()));
        scripts.chain([(format!("{}.control", self.name), self.control())])
    }

    fn control(&self) -> String {
        let mut control = format!(
            "comment = 'stand-in for {} on a server of crmctl'\ndefault_version = '{}'\nrelocatable = {}\n",
            self.name, self.versions[0], self.relocatable
        );
        for (key, value) in [("schema", self.schema), ("requires", self.requires)] {
            control.extend(value.map(|value| format!("{key} = '{value}'\n")));
        }
        control
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stand_in_has_a_script_for_each_version_files_ask_for() {
        let net = STANDINS.iter().find(|standin| standin.name == "pg_net").unwrap();
        let names: Vec<String> = net.files().map(|(name, _)| name).collect();

        assert!(names.contains(&"pg_net--0.8.0.sql".to_owned()), "{names:?}");
        assert!(names.contains(&"pg_net.control".to_owned()), "{names:?}");
        assert!(net.control().contains("default_version = '0.19.5'"));
    }
}
