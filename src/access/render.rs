//! The access table for people.

use crate::access::change::shown;
use crate::access::{Access, AccessTable, Command, Reach, TableAccess};
use crate::plan::Render;
use crate::ui::{Style, Table, thousands};

/// A number of rows that stops counting at the limit.
fn count(rows: u64, limit: u64) -> String {
    let more = if rows >= limit { " or more" } else { "" };
    format!("{}{more}", thousands(rows))
}

/// ` (120 of 120 rows)`, or nothing where rows say nothing.
pub(super) fn rows_in_words(reach: &Reach, table: &TableAccess, limit: u64) -> String {
    match (reach, table.rows) {
        (Reach::Rows { rows, .. }, Some(total)) => {
            format!(" ({} of {} rows)", count(*rows, limit), count(total, limit))
        }
        (Reach::Rows { rows, .. }, None) => format!(" ({} rows)", count(*rows, limit)),
        (Reach::Unknown { reason }, _) => format!(" (not known: {reason})"),
        (Reach::Tried { passed, tried }, _) => format!(" ({passed} of {tried} copies of its rows)"),
        (Reach::Depends, _) => " (a policy decides by the row)".to_owned(),
        (Reach::NoGrant | Reach::NoPolicy | Reach::Allowed, _) => String::new(),
    }
}

/// `all`, `own 40`, `12 of 120`, `none`, `-`.
fn cell(reach: &Reach, table: &TableAccess, limit: u64) -> String {
    match reach {
        Reach::NoGrant => "-".to_owned(),
        Reach::NoPolicy => "no policy".to_owned(),
        Reach::Allowed => "yes".to_owned(),
        Reach::Tried { passed: 0, .. } => "none".to_owned(),
        Reach::Depends | Reach::Tried { .. } => "by row".to_owned(),
        Reach::Unknown { .. } => "unknown".to_owned(),
        Reach::Rows { rows: 0, .. } if table.rows == Some(0) => "(empty)".to_owned(),
        Reach::Rows { rows: 0, .. } => "none".to_owned(),
        Reach::Rows { rows, .. } if *rows >= limit => count(*rows, limit),
        Reach::Rows { rows, .. } if table.rows == Some(*rows) => "all".to_owned(),
        Reach::Rows { rows, own } if *own == Some(*rows) => format!("own {}", thousands(*rows)),
        Reach::Rows { rows, .. } => match table.rows {
            Some(total) => format!("{} of {}", thousands(*rows), count(total, limit)),
            None => thousands(*rows),
        },
    }
}

impl Render for AccessTable {
    fn render(&self, style: &Style) -> String {
        if self.tables.is_empty() {
            return "the exposed schemas hold no tables".to_owned();
        }
        let mut text = Table::new(["table", "rows", "as", "select", "insert", "update", "delete"]);
        let mut reasons = Vec::new();
        for table in &self.tables {
            let name = shown(&table.table);
            for (index, access) in table.access.iter().enumerate() {
                let is_first = index == 0;
                let total = table.rows.map_or_else(|| "?".to_owned(), |rows| count(rows, self.limit));
                let [select, insert, update, delete] =
                    Command::ALL.map(|command| cell(access.reach(command), table, self.limit));
                text.row([
                    if is_first { name.clone() } else { String::new() },
                    if is_first { total } else { String::new() },
                    access.persona.clone(),
                    select,
                    insert,
                    update,
                    delete,
                ]);
                reasons.extend(reason(&name, access));
            }
        }
        let mut lines = vec![text.render(style)];
        lines.extend(self.missing.iter().map(|missing| style.attention(&format!("not tried: {missing}"))));
        lines.extend(reasons.iter().map(|reason| style.attention(reason)));
        lines.join("\n")
    }
}

/// Why something is not known, once for a persona and a table.
fn reason(table: &str, access: &Access) -> Option<String> {
    Command::ALL.into_iter().find_map(|command| match access.reach(command) {
        Reach::Unknown { reason } => {
            Some(format!("not known: `{}` {} `{table}`: {reason}", access.persona, command.word()))
        }
        Reach::NoGrant
        | Reach::NoPolicy
        | Reach::Rows { .. }
        | Reach::Allowed
        | Reach::Depends
        | Reach::Tried { .. } => None,
    })
}
