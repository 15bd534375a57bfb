//! H: what makes a migration behave differently from how it reads.

use crate::lint::allow::Allowance;
use crate::lint::finding::Severity;
use crate::lint::rule;
use crate::lint::rules::{Problem, Problems};
use crate::lint::words::Words;
use crate::migration::class::Class;
use crate::migration::statement::Statement;
use crate::sql::scanner::TokenKind;

pub(crate) fn check(statement: &Statement, words: Words, problems: &mut Problems) {
    match statement.class {
        Class::TransactionControl => {
            let message = format!("`{}` takes the transaction out of the runner's hands", statement.command);
            let help = "leave it out: every migration runs in a transaction with its history row";
            problems.add("H01", Severity::Warning, (words.offset(), message), help);
        }
        Class::LeakingSet => {
            let message = "this setting stays after the end of the transaction".to_owned();
            // What pg_dump writes at the head of its files hurts nobody.
            let hurts = ["search_path", "role", "authorization"].iter().any(|name| words.names_setting(name));
            let severity = if hurts { Severity::Warning } else { Severity::Note };
            problems.add(
                "H02",
                severity,
                (words.offset(), message),
                "`set local`, or `set_config(.., .., true)`",
            );
        }
        Class::Empty | Class::Plain | Class::NonTransactional | Class::AddsEnumValue => {}
    }
    long_names(words, problems);
}

/// H04: the server cuts longer names off, and two of them may become the same.
fn long_names(words: Words, problems: &mut Problems) {
    const LONGEST: usize = 63;
    let is_name = |kind: TokenKind| matches!(kind, TokenKind::Word | TokenKind::QuotedName);
    for word in words.0.iter().filter(|word| word.text.len() > LONGEST && is_name(word.kind)) {
        let Some(name) = word.identifier().filter(|name| name.len() > LONGEST) else { continue };
        let message = format!("the server cuts `{name}` off after {LONGEST} bytes");
        problems.add("H04", Severity::Warning, (word.offset, message), "a shorter name");
    }
}

/// H03: an excuse that excuses nothing.
pub(crate) fn allowance(allowance: &Allowance) -> Option<Problem> {
    let unknown = allowance.rules.iter().find(|rule| !rule::exists(rule));
    let message = match unknown {
        Some(rule) => format!("there is no rule `{rule}`"),
        None if allowance.rules.is_empty() => "this allows no rule".to_owned(),
        None if !allowance.has_reason => {
            "this allows a rule without a reason, and so has no effect".to_owned()
        }
        None => return None,
    };
    let help = "`-- crmctl:allow D01 because <reason>`";
    Some(Problem { rule: "H03", severity: Severity::Warning, message, offset: allowance.offset, help })
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    #[test]
    fn h01_finds_transactions_of_its_own() {
        assert_eq!(found("begin; select 1; commit;"), ["warning H01", "warning H01"]);
    }

    #[test]
    fn h02_finds_settings_that_leak() {
        assert_eq!(found("set search_path = a; set local role b;"), ["warning H02"]);
        assert_eq!(found("select pg_catalog.set_config('search_path', '', false)"), ["warning H02"]);
        assert!(found("set statement_timeout = 0").is_empty());
    }

    #[test]
    fn h04_finds_names_that_are_cut_off() {
        let name = "a".repeat(64);
        assert_eq!(found(&format!("select 1 as \"{name}\"")), ["warning H04"]);
        assert!(found(&format!("select '{name}', {}", &name[1..])).is_empty());
    }

    #[test]
    fn h03_finds_excuses_without_effect() {
        assert_eq!(found("-- crmctl:allow H02\nset role a"), ["warning H03", "warning H02"]);
        assert_eq!(found("-- crmctl:allow X99 because of it\nselect 1"), ["warning H03"]);
    }
}
