//! A statement read word by word, from left to right.

use crate::migration::statement::Statement;
use crate::migration::word::{DEFAULT_SCHEMA, Word, folded, words_of};
use crate::pg::TableName;
use crate::sql::scanner::TokenKind;

/// Of a statement that only brings rows so many words are enough.
const HEAD: usize = 256;

/// The words of a statement that were not read yet.
#[derive(Debug, Clone)]
pub(crate) struct Words<'a> {
    all: Vec<Word<'a>>,
    next: usize,
}

/// The name of an object as it stands in the statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name {
    /// Its parts, quotes included.
    parts: Vec<String>,
}

impl Name {
    /// As it stands there.
    pub(crate) fn sql(&self) -> String {
        self.parts.join(".")
    }

    /// Its last part, quotes included.
    pub(crate) fn last(&self) -> &str {
        self.parts.last().map_or("", String::as_str)
    }

    /// Another object of the same schema.
    pub(crate) fn beside(&self, other: &str) -> Self {
        let mut parts = self.parts.clone();
        parts.pop();
        parts.push(other.to_owned());
        Self { parts }
    }

    /// What it is a part of: `a.b` of `a.b.c`.
    pub(crate) fn owner(&self) -> Option<Self> {
        let (_, owner) = self.parts.split_last()?;
        (!owner.is_empty()).then(|| Self { parts: owner.to_vec() })
    }

    /// The relation that it names: folded, and with its schema.
    pub(crate) fn relation(&self) -> TableName {
        let schema = self.owner().map_or_else(|| DEFAULT_SCHEMA.to_owned(), |owner| folded(owner.last()));
        TableName::new(schema, folded(self.last()))
    }
}

impl<'a> Words<'a> {
    /// Of a statement.
    pub(crate) fn of(text: &'a str, statement: &Statement) -> Self {
        Self { all: words_of(text, statement, HEAD), next: 0 }
    }

    fn is(&self, index: usize, keyword: &str) -> bool {
        self.all.get(index).is_some_and(|word| word.is(keyword))
    }

    /// Whether these keywords come next.
    pub(crate) fn begins(&self, keywords: &[&str]) -> bool {
        keywords.iter().enumerate().all(|(index, keyword)| self.is(self.next + index, keyword))
    }

    /// Whether one of these keywords comes next.
    pub(crate) fn begins_with_one_of(&self, keywords: &[&str]) -> bool {
        keywords.iter().any(|keyword| self.is(self.next, keyword))
    }

    /// Reads these keywords, if they come next.
    pub(crate) fn take(&mut self, keywords: &[&str]) -> bool {
        let begins = self.begins(keywords);
        if begins {
            self.next += keywords.len();
        }
        begins
    }

    /// Whether a keyword is still to come, at any depth.
    pub(crate) fn has(&self, keywords: &[&str]) -> bool {
        (self.next..self.all.len())
            .any(|start| keywords.iter().enumerate().all(|(index, word)| self.is(start + index, word)))
    }

    /// Where in the text the next word begins.
    pub(crate) fn offset(&self) -> Option<usize> {
        self.all.get(self.next).map(|word| word.offset)
    }

    /// Whether everything was read.
    pub(crate) fn is_done(&self) -> bool {
        self.next >= self.all.len()
    }

    /// Reads a name, if one comes next.
    pub(crate) fn name(&mut self) -> Option<Name> {
        let mut parts = vec![self.identifier()?];
        while self.is(self.next, ".") {
            self.next += 1;
            parts.push(self.identifier()?);
        }
        Some(Name { parts })
    }

    fn identifier(&mut self) -> Option<String> {
        let word = self.all.get(self.next).filter(|word| word.is_identifier())?;
        self.next += 1;
        Some(word.text.to_owned())
    }

    /// Reads a list of names between commas; what stands in parentheses behind one is passed over.
    pub(crate) fn names(&mut self) -> Option<Vec<Name>> {
        let mut names = Vec::new();
        loop {
            self.take(&["only"]);
            names.push(self.name()?);
            if self.is(self.next, "(") {
                self.group()?;
            }
            if !self.take(&[","]) {
                return Some(names);
            }
        }
    }

    /// Reads a value in quotes, as it stands there.
    pub(crate) fn quoted(&mut self) -> Option<String> {
        let word = self.all.get(self.next).filter(|word| word.kind == TokenKind::Text)?;
        self.next += 1;
        Some(word.text.to_owned())
    }

    /// Reads up to, and including, a keyword outside of parentheses.
    pub(crate) fn skip_to(&mut self, keyword: &str) -> bool {
        let depth = self.all.get(self.next).map_or(0, |word| word.depth);
        let found = (self.next..self.all.len())
            .find(|&index| self.all[index].depth == depth && self.is(index, keyword));
        self.next = found.map_or(self.all.len(), |index| index + 1);
        found.is_some()
    }

    /// Reads a pair of parentheses; what is in it.
    pub(crate) fn group(&mut self) -> Option<Self> {
        if !self.is(self.next, "(") {
            return None;
        }
        let depth = self.all[self.next].depth;
        let start = self.next + 1;
        let end =
            (start..self.all.len()).find(|&index| self.all[index].depth == depth && self.is(index, ")"))?;
        self.next = end + 1;
        Some(Self { all: self.all[start..end].to_vec(), next: 0 })
    }

    /// What is still to come, cut at the commas outside of parentheses.
    pub(crate) fn parts(&self) -> Vec<Self> {
        let rest = self.all.get(self.next..).unwrap_or_default();
        let depth = rest.first().map_or(0, |word| word.depth);
        let is_comma = |word: &Word<'_>| word.depth == depth && word.kind == TokenKind::Symbol(b',');
        rest.split(is_comma).map(|words| Self { all: words.to_vec(), next: 0 }).collect()
    }

    /// What is still to come up to one of these keywords outside of parentheses, written without its comments.
    pub(crate) fn up_to(&self, keywords: &[&str]) -> String {
        let rest = self.all.get(self.next..).unwrap_or_default();
        let depth = rest.first().map_or(0, |word| word.depth);
        let mut sql = String::new();
        let mut end = None;
        for (index, word) in rest.iter().enumerate() {
            let is_end = |keyword: &&str| self.is(self.next + index, keyword);
            if word.depth == depth && keywords.iter().any(is_end) {
                break;
            }
            if end.is_some_and(|end| end < word.offset) {
                sql.push(' ');
            }
            sql.push_str(word.text);
            end = Some(word.offset + word.text.len());
        }
        sql
    }
}
