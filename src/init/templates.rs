//! The texts that are in the binary, which is alone when it is installed.

use std::path::Path;

use include_dir::{Dir, include_dir};

pub(super) const CONFIG: &str = include_str!("../../templates/crmctl.toml");
pub(super) const ENV_PRODUCTION: &str = include_str!("../../templates/env.production.example");
pub(super) const VALIDATE: &str = include_str!("../../templates/validate.toml");
pub(super) const GITIGNORE: &str = include_str!("../../templates/gitignore");

/// Workflows by the name of their file.
pub(super) const WORKFLOWS: [(&str, &str); 2] = [
    ("crmctl.yml", include_str!("../../templates/workflows/crmctl.yml")),
    ("crmctl-backup.yml", include_str!("../../templates/workflows/crmctl-backup.yml")),
];

/// The step that both workflows begin with.
const INSTALL: &str = include_str!("../../templates/workflows/install.yml");

const SEEDS: [(&str, &str); 3] = [
    ("users.toml", include_str!("../../seeds/users.toml")),
    ("data.toml", include_str!("../../seeds/data.toml")),
    ("vocabulary.toml", include_str!("../../seeds/vocabulary.toml")),
];

static MIGRATIONS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/migrations");

/// The migrations of the CRM schema, in order: names and texts.
pub fn crm_migrations() -> impl Iterator<Item = (&'static str, &'static str)> {
    let mut files: Vec<_> = MIGRATIONS
        .files()
        .filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents_utf8()?)))
        .filter(|(name, _)| is_sql(name))
        .collect();
    files.sort_unstable();
    files.into_iter()
}

/// Whether a file's name is that of SQL.
pub(super) fn is_sql(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "sql")
}

/// The description of the test users and their data: names and texts.
pub fn seeds() -> impl Iterator<Item = (&'static str, &'static str)> {
    SEEDS.into_iter()
}

/// A workflow for a project in `directory` of its repository, which is empty for the top.
pub(super) fn workflow(template: &str, directory: &str) -> String {
    let prefix = if directory.is_empty() { String::new() } else { format!("{directory}/") };
    let directory = if directory.is_empty() { "." } else { directory };
    template
        .replace("{{install}}\n", INSTALL)
        .replace("{{directory}}", &quoted(directory))
        .replace("{{prefix}}backups/", &quoted(&format!("{prefix}backups/")))
        .replace("{{version}}", env!("CARGO_PKG_VERSION"))
}

/// `crmctl.toml` of a project.
pub(super) fn config(name: &str) -> String {
    CONFIG.replace("{{name}}", &toml::Value::from(name).to_string())
}

/// As a string of YAML, when it is more than a plain word. JSON strings are YAML strings.
fn quoted(text: &str) -> String {
    let is_plain =
        text.chars().all(|character| character.is_ascii_alphanumeric() || "-_./".contains(character));
    if is_plain { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_migration_and_seed_of_this_repository_is_in_the_binary() {
        let in_folder = |folder: &str| {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
            let mut names: Vec<String> = std::fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().file_name().into_string().unwrap())
                .collect();
            names.sort_unstable();
            names
        };
        let mut seeds: Vec<&str> = seeds().map(|(name, _)| name).collect();
        seeds.sort_unstable();

        assert_eq!(crm_migrations().map(|(name, _)| name).collect::<Vec<_>>(), in_folder("migrations"));
        assert_eq!(seeds, in_folder("seeds"));
    }

    #[test]
    fn a_workflow_has_no_gap_left_and_works_in_the_folder_of_the_project() {
        for (name, template) in WORKFLOWS {
            let text = workflow(template, "packages/my db");
            let gap = text.lines().find(|line| line.replace("${{", "").contains("{{"));

            assert_eq!(gap, None, "{name}");
            assert!(text.contains("working-directory: \"packages/my db\"\n"), "{name}");
            assert!(text.contains("path: \"packages/my db/backups/\"\n"), "{name}");
            assert!(workflow(template, "").contains("working-directory: .\n"), "{name}");
        }
    }

    #[test]
    fn workflows_download_what_a_release_publishes() {
        let release = include_str!("../../.github/workflows/release.yml");
        for (name, template) in WORKFLOWS {
            let text = workflow(template, "");

            assert!(text.contains("crmctl-x86_64-unknown-linux-gnu.tar.gz"), "{name}");
            assert!(text.contains(&format!("/v{}", env!("CARGO_PKG_VERSION"))), "{name}");
        }
        assert!(release.contains("x86_64-unknown-linux-gnu") && release.contains("SHA256SUMS"));
    }

    #[test]
    fn workflows_use_only_commands_that_there_are() {
        use clap::Parser as _;
        let mut count = 0;
        for (name, template) in WORKFLOWS {
            let text = workflow(template, "");
            let commands = text.lines().map(|line| line.trim().trim_start_matches("run: "));
            for command in commands.filter(|line| line.starts_with("crmctl ")) {
                // What the shell fills in is one word to crmctl.
                let typed =
                    command.split(" | ").next().unwrap().replace("\"$(basename \"$folder\")\"", "latest");
                let parsed = crate::cli::Cli::try_parse_from(typed.split_whitespace());

                assert!(parsed.is_ok(), "{name}: {command}");
                count += 1;
            }
        }
        assert!(count >= 8, "{count}");
    }
}
