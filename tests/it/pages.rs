//! The pages that people read: every link leads somewhere, and the README leads to every page.

use std::fs::read_to_string;
use std::path::{Path, PathBuf};

use crate::support::repository;

#[test]
fn every_link_in_a_page_leads_somewhere() {
    let mut count = 0;
    let mut broken = Vec::new();
    for page in pages() {
        for (target, heading) in links(&page) {
            count += 1;
            let file = if target.is_empty() { page.clone() } else { page.parent().unwrap().join(&target) };
            let is_there =
                if heading.is_empty() { file.exists() } else { headings(&file).contains(&heading) };
            if !is_there {
                broken.push(format!("{}: {target}#{heading}", page.display()));
            }
        }
    }

    assert!(count > 100, "the links were not found: {count}");
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn the_readme_leads_to_every_page_and_that_of_the_rules_to_every_rule() {
    for (index, folder) in [("README.md", "docs"), ("docs/rules/README.md", "docs/rules")] {
        let index = repository().join(index);
        let named = links(&index).into_iter().map(|(target, _)| index.parent().unwrap().join(target));
        let named: Vec<PathBuf> = named.filter_map(|path| path.canonicalize().ok()).collect();
        let is_missing = |page: &PathBuf| *page != index && !named.contains(&page.canonicalize().unwrap());
        let missing: Vec<PathBuf> =
            markdown(&repository().join(folder)).into_iter().filter(is_missing).collect();

        assert!(missing.is_empty(), "{} does not name {missing:#?}", index.display());
    }
}

#[test]
fn the_table_of_the_crate_names_files_that_are_there() {
    let source = repository().join("src");
    let path = regex::Regex::new(r"`([a-z_]+/[a-z_/*]+(?:\.rs|\.sql|/))`").unwrap();
    let text = read_to_string(source.join("lib.rs")).unwrap();
    let named: Vec<String> = path.captures_iter(&text).map(|words| words[1].to_owned()).collect();

    assert!(named.len() > 30, "the table was not found: {named:?}");
    // `folder/*.sql` stands for the folder.
    let is_lost = |name: &&String| !source.join(name.split("/*").next().unwrap()).exists();
    let lost: Vec<&String> = named.iter().filter(is_lost).collect();
    assert!(lost.is_empty(), "{lost:?}");
}

fn pages() -> Vec<PathBuf> {
    ["", "docs", "docs/rules", ".github"].map(|folder| markdown(&repository().join(folder))).concat()
}

fn markdown(folder: &Path) -> Vec<PathBuf> {
    let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect()
}

/// The files and headings that a page links to; not what is elsewhere.
fn links(page: &Path) -> Vec<(String, String)> {
    let link = regex::Regex::new(r"\]\(([^)#\s]*)(?:#([^)\s]*))?\)").unwrap();
    let text = read_to_string(page).unwrap();
    let found = link.captures_iter(&text).map(|words| {
        (words[1].to_owned(), words.get(2).map_or_else(String::new, |heading| heading.as_str().to_owned()))
    });
    found.filter(|(target, _)| !target.contains("://")).collect()
}

/// The headings of a page as they stand in links.
fn headings(page: &Path) -> Vec<String> {
    let Ok(text) = read_to_string(page) else { return Vec::new() };
    let titles = text.lines().filter_map(|line| line.strip_prefix('#'));
    titles
        .map(|title| title.trim_start_matches('#').trim().to_lowercase().replace(' ', "-"))
        .map(|title| {
            title.chars().filter(|letter| letter.is_alphanumeric() || "-_".contains(*letter)).collect()
        })
        .collect()
}
