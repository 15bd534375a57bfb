//! The splitter beside another parser of the same language: squawk's, which knows the whole grammar.
//!
//! `tests/corpus` holds what is awkward. `SPLITTER_CORPUS=DIR` checks every `.sql` file below another folder as well,
//! for example PostgreSQL's own `src/test/regress/sql`, with psql's commands taken out.

use std::fs::read;
use std::path::{Path, PathBuf};

use crmctl::migration::split;
use squawk_syntax::SourceFile;
use squawk_syntax::ast::AstNode;

use crate::support::repository;

#[test]
fn the_splitter_and_the_parser_cut_the_corpus_at_the_same_places() {
    let mut compared = 0;
    for path in sql_files(&repository().join("tests/corpus")) {
        let text = String::from_utf8(read(&path).unwrap()).unwrap();
        let ours =
            split(&path.display().to_string(), &text).unwrap_or_else(|error| panic!("{path:?}: {error}"));
        let joined: String = ours.iter().map(|statement| &text[statement.span.clone()]).collect();
        assert_eq!(joined, text, "{path:?}: something was lost");
        if let Some(difference) = difference(&text) {
            panic!("{}: {difference}", path.display());
        }
        compared += usize::from(parsed(&text).is_some());
    }
    assert!(compared >= 1, "the parser read {compared} files of the corpus only");
}

#[test]
fn the_splitter_and_the_parser_cut_a_folder_of_ones_choice_at_the_same_places() {
    let Some(folder) = std::env::var_os("SPLITTER_CORPUS") else { return };
    let (mut same, mut unread, mut bad) = (0, 0, Vec::new());
    for path in sql_files(Path::new(&folder)) {
        let Ok(text) = String::from_utf8(read(&path).unwrap()) else { continue };
        let text = without_commands(&text);
        match (parsed(&text).is_some(), difference(&text)) {
            (_, Some(difference)) => bad.push(format!("{}: {difference}", path.display())),
            (true, None) => same += 1,
            (false, None) => unread += 1,
        }
    }
    eprintln!("{same} the same, {unread} that the parser does not read");
    assert!(bad.is_empty(), "{} of {same}:\n{}", bad.len(), bad.join("\n"));
}

/// Where the parser sees statements; `None` where it does not understand the text.
fn parsed(text: &str) -> Option<Vec<(usize, usize)>> {
    let parse = SourceFile::parse(text);
    if !parse.errors().is_empty() {
        return None;
    }
    let range = |node: squawk_syntax::SyntaxNode| {
        let range = node.text_range();
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        (
            start,
            start
                + text[start..end]
                    .trim_end_matches(|letter: char| letter == ';' || letter.is_whitespace())
                    .len(),
        )
    };
    let ranges = parse.tree().stmts().map(|statement| range(statement.syntax().clone()));
    Some(ranges.filter(|(start, end)| start < end).collect())
}

/// The first statement that the two cut differently.
fn difference(text: &str) -> Option<String> {
    let theirs = parsed(text)?;
    let ours = match split("", text) {
        Ok(statements) => statements,
        Err(error) => return Some(format!("refused: {error} at {:?}", error.at)),
    };
    let ours: Vec<(usize, usize)> =
        ours.iter().filter_map(|statement| Some((statement.code?, statement.range.end))).collect();
    let count = ours.len().max(theirs.len());
    let index = (0..count).find(|index| {
        let code = |(start, end): &(usize, usize)| without_comments(&text[*start..*end]);
        ours.get(*index).map(code) != theirs.get(*index).map(code)
    })?;
    let shown =
        |ranges: &[(usize, usize)]| ranges.get(index).map(|(start, end)| text[*start..*end].to_owned());
    Some(format!("statement {index}\n ours: {:?}\n theirs: {:?}", shown(&ours), shown(&theirs)))
}

/// Comments at the end of a statement belong to it for one and not for the other.
fn without_comments(text: &str) -> String {
    use crmctl::sql::scanner::Scanner;
    let tokens = Scanner::new(text).map_while(Result::ok).filter(|token| !token.kind.is_trivia());
    tokens.map(|token| &text[token.range]).collect::<Vec<_>>().join(" ")
}

/// A script for psql without what only psql understands.
fn without_commands(text: &str) -> String {
    text.lines()
        .map(|line| if line.starts_with('\\') && line != "\\." { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

fn sql_files(folder: &Path) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in folder.read_dir().unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "sql") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
