//! A statement as a row of words, for rules that look for patterns of them.

use std::fmt;

use crate::migration::word::{DEFAULT_SCHEMA, Word};

/// Of a statement that only brings rows so many words are enough.
pub(super) const HEAD: usize = 64;

/// The name of a relation, always with its schema.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Name {
    pub(crate) schema: String,
    pub(crate) relation: String,
    pub(crate) is_qualified: bool,
}

impl fmt::Display for Name {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}.{}", self.schema, self.relation)
    }
}

/// A statement, or a part of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Words<'a>(pub(crate) &'a [Word<'a>]);

impl<'a> Words<'a> {
    /// Whether it begins with these keywords.
    pub(crate) fn begins(self, keywords: &[&str]) -> bool {
        self.0.len() >= keywords.len() && keywords.iter().zip(self.0).all(|(keyword, word)| word.is(keyword))
    }

    /// What is behind these keywords, if it begins with them; otherwise all of it.
    pub(crate) fn behind(self, keywords: &[&str]) -> Self {
        if self.begins(keywords) { self.from(keywords.len()) } else { self }
    }

    /// From the index on.
    pub(crate) fn from(self, index: usize) -> Self {
        Self(self.0.get(index..).unwrap_or_default())
    }

    /// Where these keywords stand one after the other, at any depth.
    pub(crate) fn find(self, keywords: &[&str]) -> Option<usize> {
        (0..self.0.len()).find(|&index| self.from(index).begins(keywords))
    }

    /// Whether these keywords stand one after the other, at any depth.
    pub(crate) fn has(self, keywords: &[&str]) -> bool {
        self.find(keywords).is_some()
    }

    /// Whether the keyword stands outside of all parentheses that are opened here.
    pub(crate) fn has_outside(self, keyword: &str) -> bool {
        let outside = self.0.first().map_or(0, |word| word.depth);
        self.0.iter().any(|word| word.depth == outside && word.is(keyword))
    }

    /// Whether a setting of this name is among its first words, as a word or as a text.
    pub(crate) fn names_setting(self, name: &str) -> bool {
        self.0.iter().take(8).any(|word| word.text.trim_matches(['\'', '"']).eq_ignore_ascii_case(name))
    }

    /// Where it begins.
    pub(crate) fn offset(self) -> usize {
        self.0.first().map_or(0, |word| word.offset)
    }

    /// A name at the beginning, and what is behind it. `if [not] exists` and `only` before it are passed over.
    pub(crate) fn name(self) -> Option<(Name, Self)> {
        let rest = self.behind(&["if", "not", "exists"]).behind(&["if", "exists"]).behind(&["only"]);
        let mut parts = vec![rest.0.first()?.identifier()?];
        let mut index = 1;
        while rest.from(index).begins(&["."]) {
            let Some(part) = rest.0.get(index + 1).and_then(Word::identifier) else { break };
            parts.push(part);
            index += 2;
        }
        let relation = parts.pop()?;
        let is_qualified = !parts.is_empty();
        let schema = parts.pop().unwrap_or_else(|| DEFAULT_SCHEMA.to_owned());
        Some((Name { schema, relation, is_qualified }, rest.from(index).behind(&["*"])))
    }

    /// The names of a list such as `a, b.c, only d`.
    pub(crate) fn names(self) -> Vec<Name> {
        let mut names = Vec::new();
        let mut rest = self;
        while let Some((name, behind)) = rest.name() {
            names.push(name);
            if !behind.begins(&[","]) {
                break;
            }
            rest = behind.from(1);
        }
        names
    }

    /// The names of a list whose members may have arguments, such as `f(int), g`.
    pub(crate) fn names_before_arguments(self) -> Vec<Name> {
        self.parts().filter_map(|part| part.name().map(|(name, _)| name)).collect()
    }

    /// The parts between the commas outside of parentheses.
    pub(crate) fn parts(self) -> impl Iterator<Item = Self> + use<'a> {
        let outside = self.0.first().map_or(0, |word| word.depth);
        self.0.split(move |word| word.depth == outside && word.is(",")).map(Self)
    }

    /// What is in the parentheses that it begins with, or that come next.
    pub(crate) fn inside(self) -> Self {
        let Some(open) = self.0.iter().position(|word| word.is("(")) else { return Self(&[]) };
        let depth = self.0[open].depth;
        let inner = self.from(open + 1);
        let length = inner.0.iter().position(|word| word.depth == depth).unwrap_or(inner.0.len());
        Self(&inner.0[..length])
    }

    /// The table of an `alter table`, and its actions.
    pub(crate) fn alter_table(self) -> Option<(Name, Vec<Self>)> {
        if !self.begins(&["alter", "table"]) {
            return None;
        }
        let (name, rest) = self.from(2).name()?;
        Some((name, rest.parts().collect()))
    }

    /// The table that a statement creates to stay, and what is behind its name.
    pub(crate) fn create_table(self) -> Option<(Name, Self)> {
        if !self.begins(&["create"]) {
            return None;
        }
        let rest = self.from(1).behind(&["unlogged"]).behind(&["foreign"]);
        if rest.begins(&["table"]) { rest.from(1).name() } else { None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::statement::split;
    use crate::migration::word::words_of;

    fn with(text: &str, check: impl FnOnce(Words)) {
        let statements = split("a.sql", text).expect("the statement is whole");
        check(Words(&words_of(text, &statements[0], HEAD)));
    }

    #[test]
    fn names_are_folded_and_get_a_schema() {
        with("drop table if exists Only_A, \"B\".\"C \"\"d\", only x.y cascade", |words| {
            let names: Vec<String> = words.from(2).names().iter().map(Name::to_string).collect();
            assert_eq!(names, ["public.only_a", "B.C \"d", "x.y"]);
        });
    }

    #[test]
    fn actions_are_parted_outside_of_parentheses_only() {
        with("alter table a add column b numeric(1, 2), drop column c", |words| {
            let (name, actions) = words.alter_table().expect("it is one");
            assert_eq!((name.to_string().as_str(), actions.len()), ("public.a", 2));
        });
    }

    #[test]
    fn words_in_comments_and_quotes_are_no_keywords() {
        with("select 'drop table' /* drop table */ \"drop\" table", |words| {
            assert!(!words.has(&["drop", "table"]));
        });
    }

    #[test]
    fn a_keyword_in_parentheses_is_not_outside() {
        with("delete from t using (select 1 where true) x", |words| assert!(!words.has_outside("where")));
    }
}
