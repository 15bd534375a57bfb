//! Which columns a rule means. Pure.

use crate::catalog::{Column, Table};
use crate::mask::error::MaskError;
use crate::mask::rule::{Mask, Rule, column_of};
use crate::sync::root;

/// The rule of a column: one that names it before patterns, and of two patterns the later one.
pub(super) fn rule_of<'a>(rules: &'a [Rule], table: &Table, column: &Column) -> Option<&'a Rule> {
    let full = column_of(&table.name, &column.name);
    let is_meant = |rule: &&Rule| names(&rule.pattern, &full);
    let found = |is_exact| rules.iter().rev().find(|rule| rule.is_exact() == is_exact && is_meant(rule));
    found(true).or_else(|| found(false))
}

fn names(pattern: &str, full: &str) -> bool {
    let short = full.strip_prefix("public.");
    crate::sync::matches(pattern, full) || short.is_some_and(|short| crate::sync::matches(pattern, short))
}

/// Refuses a rule that means nothing, or a column that is made of others.
pub(super) fn check_column(rule: &Rule, tables: &[Table]) -> Result<(), MaskError> {
    let columns = || tables.iter().flat_map(|table| table.columns.iter().map(move |column| (table, column)));
    let is_named =
        |(table, column): &(&Table, &Column)| names(&rule.pattern, &column_of(&table.name, &column.name));
    // Rows of a partition are those of its root, and masked as such: a rule for a partition alone would do nothing.
    let whole = || columns().filter(|(table, _)| !table.is_partition);
    let Some((_, column)) = whole().find(is_named) else {
        let of_root = columns().find(is_named).map(|(table, column)| (root(&table.name, tables), column));
        let last = rule.pattern.rsplit('.').next().unwrap_or_default();
        let like = || whole().find(|(_, column)| column.name.eq_ignore_ascii_case(last));
        let meant = of_root.or_else(|| like().map(|(table, column)| (&table.name, column)));
        let meant = meant.map(|(table, column)| column_of(table, &column.name));
        return Err(MaskError::NoColumn { rule: Box::new(rule.clone()), meant });
    };
    if rule.is_exact() && column.generated.is_some() && rule.mask != Mask::Keep {
        return Err(unfit(rule, &rule.pattern, "generated".to_owned(), "mask the columns it is made of"));
    }
    Ok(())
}

pub(super) fn unfit(rule: &Rule, column: &str, what: String, help: &'static str) -> MaskError {
    MaskError::DoesNotFit { rule: Box::new(rule.clone()), column: column.to_owned(), what, help }
}
