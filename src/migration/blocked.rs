//! Who stands in the way of a statement of a file: whoever holds locks on what it names.

use crate::error::{Failure, Location};
use crate::migration::file::MigrationFile;
use crate::migration::plan::Step;
use crate::pg::{Session, blockers};
use crate::sql::scanner::{Scanner, Token, TokenKind};

/// The failure with who holds locks on what the failed statement names; unchanged where nobody does any more.
pub(crate) async fn name(session: &mut Session, steps: &[Step], failure: Failure) -> Failure {
    let statement = failure.location().and_then(|location| {
        let step = steps.iter().find(|step| step.file.shown() == location.file)?;
        Some(statement_at(&step.file, location))
    });
    let names = statement.map(names_in).unwrap_or_default();
    if names.is_empty() { failure } else { blockers::name(session, &names, failure).await }
}

/// The statement that a place in the file belongs to.
fn statement_at<'a>(file: &'a MigrationFile, location: &Location) -> &'a str {
    let before: usize = file.text.split_inclusive('\n').take(location.line - 1).map(str::len).sum();
    let column: usize = file.text[before..].chars().take(location.column - 1).map(char::len_utf8).sum();
    let is_there = |span: &std::ops::Range<usize>| span.contains(&(before + column));
    let statement = file.statements.iter().find(|statement| is_there(&statement.span));
    statement.map_or("", |statement| statement.code_text(&file.text))
}

/// Whatever may be the name of a relation in a statement; the longest `INSERT` names its tables early.
fn names_in(statement: &str) -> Vec<String> {
    let name = |token: Token| match token.kind {
        TokenKind::Word => Some(statement[token.range].to_lowercase()),
        TokenKind::QuotedName => Some(statement[token.range].trim_matches('"').replace("\"\"", "\"")),
        TokenKind::Space
        | TokenKind::Comment
        | TokenKind::Text
        | TokenKind::Number
        | TokenKind::Symbol(_)
        | TokenKind::Backslash => None,
    };
    let mut names: Vec<String> =
        Scanner::new(statement).map_while(Result::ok).take(1000).filter_map(name).collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn names_come_from_the_statement_at_the_place() {
        let file = test_file(
            "1_a",
            "select 1;\nalter table public.\"Ä b\" add constraint c check (x > 'y');\nselect 2",
        );
        let location = Location::of_offset("a.sql", &file.text, file.text.find("alter").unwrap());

        let names = names_in(statement_at(&file, &location));
        assert!(names.contains(&"Ä b".to_owned()) && names.contains(&"public".to_owned()), "{names:?}");
        assert!(!names.contains(&"select".to_owned()) && !names.contains(&"y".to_owned()), "{names:?}");
    }
}
