//! `-- crmctl:allow RULE because ...`: one statement is excused from a rule, for a reason that can be read.

use crate::migration::statement::Statement;
use crate::sql::scanner::{Scanner, TokenKind};

/// One excuse.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Allowance {
    /// The rules it names.
    pub(crate) rules: Vec<String>,
    /// Whether it gives a reason; without one it excuses nothing.
    pub(crate) has_reason: bool,
    /// Where it stands.
    pub(crate) offset: usize,
}

impl Allowance {
    /// Whether it silences the rule.
    pub(crate) fn excuses(&self, rule: &str) -> bool {
        self.has_reason && self.rules.iter().any(|other| other == rule)
    }
}

/// The excuses in the comments before and inside a statement.
pub(crate) fn allowances(text: &str, statement: &Statement) -> Vec<Allowance> {
    Scanner::over(text, statement.range.clone())
        .map_while(Result::ok)
        .filter(|token| token.kind == TokenKind::Comment)
        .filter_map(|token| parse(&text[token.range.clone()], token.range.start))
        .collect()
}

fn parse(comment: &str, offset: usize) -> Option<Allowance> {
    let directive =
        comment.strip_prefix("--")?.trim().strip_prefix("crmctl:")?.trim_start().strip_prefix("allow")?;
    let (rules, reason) = match directive.split_once(" because") {
        Some((rules, reason)) => (rules, reason.trim()),
        None => (directive, ""),
    };
    let rules =
        rules.split([',', ' ']).filter(|rule| !rule.is_empty()).map(str::to_ascii_uppercase).collect();
    Some(Allowance { rules, has_reason: !reason.is_empty(), offset })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_rules_and_gives_a_reason() {
        let allowance = parse("-- crmctl:allow D01, d02 because nobody uses it", 3).expect("it is one");
        assert_eq!(
            allowance,
            Allowance { rules: vec!["D01".into(), "D02".into()], has_reason: true, offset: 3 }
        );
    }

    #[test]
    fn a_missing_reason_is_noticed() {
        assert!(!parse("-- crmctl:allow D01", 0).expect("it is one").has_reason);
        assert!(!parse("-- crmctl:allow D01 because ", 0).expect("it is one").has_reason);
    }

    #[test]
    fn other_comments_are_left_alone() {
        assert_eq!(parse("-- crmctl: no-transaction", 0), None);
        assert_eq!(parse("-- we allow D01", 0), None);
    }
}
