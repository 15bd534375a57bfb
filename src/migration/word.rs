//! A statement cut into words: what the rules of lint and the reader of inverses look at. Never raw text, so that nothing
//! in a comment, a string or a function body is taken for a statement.

use crate::migration::statement::Statement;
use crate::sql::scanner::{Scanner, TokenKind};

/// The schema of a name that names none.
pub(crate) const DEFAULT_SCHEMA: &str = "public";

/// A token that is not a comment, with its depth in parentheses.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Word<'a> {
    pub(crate) kind: TokenKind,
    pub(crate) text: &'a str,
    pub(crate) offset: usize,
    pub(crate) depth: usize,
}

impl Word<'_> {
    /// Whether it is this keyword; a quoted name never is one.
    pub(crate) fn is(&self, keyword: &str) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::Symbol(_)) && self.text.eq_ignore_ascii_case(keyword)
    }

    /// The identifier it is: folded to lower case, or without its quotes.
    pub(crate) fn identifier(&self) -> Option<String> {
        self.is_identifier().then(|| folded(self.text))
    }

    pub(crate) fn is_identifier(&self) -> bool {
        matches!(self.kind, TokenKind::Word | TokenKind::QuotedName)
    }
}

/// An identifier as the server takes it: in lower case, or without its quotes.
pub(crate) fn folded(identifier: &str) -> String {
    match identifier.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) {
        Some(quoted) => quoted.replace("\"\"", "\""),
        None => identifier.to_lowercase(),
    }
}

/// The words of a statement, in order. Of statements that only bring rows so many are enough: there is no end to the rows.
pub(crate) fn words_of<'a>(text: &'a str, statement: &Statement, head: usize) -> Vec<Word<'a>> {
    let Some(code) = statement.code else { return Vec::new() };
    let limit = if matches!(statement.command.as_str(), "insert into" | "copy") { head } else { usize::MAX };
    let mut depth = 0_usize;
    Scanner::over(text, code..statement.range.end)
        .map_while(Result::ok)
        .filter(|token| !token.kind.is_trivia())
        .take(limit)
        .map(|token| {
            if token.kind == TokenKind::Symbol(b')') {
                depth = depth.saturating_sub(1);
            }
            let word = Word { kind: token.kind, offset: token.range.start, text: &text[token.range], depth };
            if token.kind == TokenKind::Symbol(b'(') {
                depth += 1;
            }
            word
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_is_folded_and_keeps_the_quotes_that_are_its_own() {
        assert_eq!(
            ["Contacts", "\"Contacts\"", "\"a \"\"b\"\"\""].map(folded),
            ["contacts", "Contacts", "a \"b\""]
        );
    }
}
