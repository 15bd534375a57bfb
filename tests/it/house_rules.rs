//! What the house agreed on and no compiler checks.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use crmctl::error::ExitStatus as E;

use crate::support::{Project, crmctl, repository};

const LONGEST_FILE: usize = 300;
const ATTICS: [&str; 6] = ["utils", "util", "helpers", "common", "misc", "manager"];

#[test]
fn no_file_is_longer_than_a_reader_can_hold() {
    let is_long = |path: &PathBuf| read_to_string(path).unwrap().lines().count() > LONGEST_FILE;
    let long: Vec<PathBuf> = rust_files().into_iter().filter(is_long).collect();

    assert!(long.is_empty(), "over {LONGEST_FILE} lines: {long:#?}");
}

#[test]
fn no_module_is_an_attic() {
    let is_attic =
        |path: &PathBuf| ATTICS.iter().any(|name| path.file_stem().is_some_and(|stem| stem == *name));
    let attics: Vec<PathBuf> = rust_files().into_iter().filter(is_attic).collect();

    assert!(attics.is_empty(), "{attics:#?}");
}

#[test]
fn nothing_is_left_to_be_done_and_no_test_is_switched_off() {
    // Put together here, so that this file does not find itself.
    let marks = ["todo", "unimplemented"].map(|name| format!("{name}!("));
    let ignored = format!("#[{}", "ignore");
    let is_unfinished = |path: &PathBuf| {
        let text = read_to_string(path).unwrap();
        marks.iter().chain([&ignored]).any(|mark| text.contains(mark.as_str()))
    };
    let unfinished: Vec<PathBuf> = rust_files().into_iter().filter(is_unfinished).collect();

    assert!(unfinished.is_empty(), "{unfinished:#?}");
}

#[test]
fn every_source_file_belongs_to_a_module() {
    let sources = rust_files();
    let declared = |path: &PathBuf| {
        let (stem, folder) = (path.file_stem().unwrap().to_str().unwrap(), path.parent().unwrap());
        let name = if stem == "mod" { folder.file_name().unwrap().to_str().unwrap() } else { stem };
        let folder = if stem == "mod" { folder.parent().unwrap() } else { folder };
        let parents = ["mod.rs", "lib.rs", "main.rs"].map(|file| folder.join(file));
        let is_root = ["lib", "main"].contains(&name) || folder.ends_with("benches");
        let line = |text: &str| text.lines().any(|line| line.trim_end().ends_with(&format!("mod {name};")));
        is_root
            || parents
                .iter()
                .chain([&folder.with_extension("rs")])
                .any(|parent| read_to_string(parent).is_ok_and(|text| line(&text)))
    };
    let lost: Vec<&PathBuf> = sources.iter().filter(|path| !declared(path)).collect();

    assert!(lost.is_empty(), "no `mod` line leads to {lost:#?}");
}

/// What a database in which everything is trapped holds when it runs (`migrate_hostile`), held where it is written: these
/// statements share a session with users' files, and so whatever path those have set.
#[test]
fn sql_beside_the_files_of_users_names_functions_and_types_in_full() {
    let bare = regex::Regex::new(
        r"(?x) (?:^|[^.:\w]) (?:now|clock_timestamp|statement_timestamp|current_setting|set_config|count|format|length|
          substring|parse_ident|to_(?:regclass|regnamespace|jsonb|char)|jsonb_\w+|pg_\w+) \(
          | \w::(?:text|name|oid|regclass|jsonb|timestamptz) \b[^(]",
    )
    .unwrap();
    let files =
        ["history", "settings", "index_build", "lone", "barrier"].map(|name| format!("migration/{name}.rs"));
    let others =
        ["migration/history_tables.sql", "deploy/ledger.rs", "deploy/rollback/apply.rs"].map(str::to_owned);
    for file in files.iter().chain(&others) {
        let text = read_to_string(repository().join("src").join(file)).unwrap();
        let line = text.lines().find(|line| bare.is_match(line) && !line.trim_start().starts_with("//"));
        assert_eq!(line, None, "{file}");
    }
    assert!(
        bare.is_match("select now()") && bare.is_match("x::text as y") && !bare.is_match("pg_catalog.now()")
    );
}

/// What is put into a template may hold a line break, and what stands behind it in a comment would be run.
#[test]
fn no_comment_of_an_sql_file_has_a_place_for_a_name() {
    let place = regex::Regex::new(r"--.*\{[a-z_]+(:[^}]*)?\}").unwrap();
    let files = files_of("sql");
    let line = files.iter().flat_map(|path| {
        let text = read_to_string(path).unwrap();
        text.lines().filter(|line| place.is_match(line)).map(str::to_owned).collect::<Vec<_>>()
    });
    assert_eq!(line.collect::<Vec<_>>(), Vec::<String>::new());
    assert!(place.is_match("-- `{tree}` is") && files.len() > 10);
}

#[test]
fn the_help_page_names_every_exit_code() {
    let help = crmctl(&Project::new()).args(["--help"]).success().stdout;
    let documented: Vec<u8> = help
        .split_once("Exit codes:")
        .expect("a section on exit codes")
        .1
        .lines()
        .filter_map(|line| line.split_whitespace().next()?.parse().ok())
        .collect();

    let all = [E::Success, E::Failed, E::Usage, E::Differs, E::Refused, E::Busy, E::Partial, E::Interrupted];
    assert_eq!(documented, all.map(E::code));
}

/// The Rust files of this crate: the program, its tests and its measurements.
fn rust_files() -> Vec<PathBuf> {
    files_of("rs")
}

/// Those that end so.
fn files_of(extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders: Vec<PathBuf> = ["src", "tests", "benches"].map(|name| repository().join(name)).into();
    while let Some(folder) = folders.pop() {
        let Ok(entries) = folder.read_dir() else { continue };
        for path in entries.map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension() == Some(Path::new(extension).as_os_str()) {
                found.push(path);
            }
        }
    }
    found
}

#[test]
fn every_command_that_a_text_tells_to_type_exists() {
    let mention = regex::Regex::new(r"`crmctl ([a-z]+)(?: ([a-z]+))?").unwrap();
    let groups = ["local", "migrate", "backup", "deploy"];
    let texts = rust_files().into_iter().chain(pages());
    let mut told = std::collections::BTreeSet::new();
    for path in texts {
        let text = read_to_string(&path).unwrap();
        for words in mention.captures_iter(&text) {
            let second = words.get(2).filter(|_| groups.contains(&&words[1]));
            told.insert((words[1].to_owned(), second.map(|word| word.as_str().to_owned())));
        }
    }
    assert!(told.len() > 15, "the texts were not found: {told:?}");

    let project = Project::new();
    for (first, second) in told {
        let call = crmctl(&project);
        match second {
            Some(second) => call.args([&first, &second, "--help"]).success(),
            None => call.args([&first, "--help"]).success(),
        };
    }
}

/// The pages that people read.
fn pages() -> Vec<PathBuf> {
    let folders = ["docs", "docs/rules"].map(|name| repository().join(name));
    let docs = folders.into_iter().flat_map(|folder| std::fs::read_dir(folder).unwrap());
    let docs = docs.map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    docs.chain(["README.md", "CHANGELOG.md"].map(|name| repository().join(name))).collect()
}
