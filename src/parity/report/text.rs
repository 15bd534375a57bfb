//! The report as text for people.

use crate::parity::diff::{TableParity, UserVerdict, Verdict};
use crate::parity::report::ParityReport;
use crate::parity::report::words::bag_remark;
use crate::parity::rows::RowDifferences;
use crate::plan::Render;
use crate::ui::Style;

/// Rows of each sort that are shown to a person; JSON has all that were named.
const SHOWN: usize = 20;

impl ParityReport {
    fn schema_lines(&self, style: Style, lines: &mut Vec<String>) {
        if !self.level.has_schema() {
            return;
        }
        match self.schema.len() {
            0 => lines.push(format!("{}  schema", style.good("equal  "))),
            1 => lines.push(format!("{}  schema, in 1 object", style.bad("differs"))),
            count => lines.push(format!("{}  schema, in {count} objects", style.bad("differs"))),
        }
        let text = |text: &str| format!("         {}", text.replace('\n', "\n         "));
        lines.extend(self.schema.iter().map(|difference| text(&difference.text)));
        if self.history.is_none() {
            lines.push(format!("{}  applied migrations", style.good("equal  ")));
        } else {
            lines.push(format!("{}  applied migrations: {}", style.bad("differs"), one_line(&self.heads())));
        }
        lines.extend(self.history_sentences().iter().map(|sentence| text(&one_line(sentence))));
    }

    fn table_lines(&self, style: Style, lines: &mut Vec<String>) {
        let name_of = |table: &TableParity| one_line(&table.table.to_string());
        let names = self.tables.iter().map(|table| name_of(table).chars().count());
        let name_width = names.max().unwrap_or(0).max(5);
        let [left_width, right_width] = [&self.left, &self.right].map(|side| side.chars().count().max(10));
        let line = |name: &str, left: &str, right: &str| {
            format!("  {name:name_width$}  {left:>left_width$}  {right:>right_width$}")
        };
        if !self.tables.is_empty() {
            let heading = format!("       {}", line("table", &self.left, &self.right));
            lines.push(style.strong(&heading));
        }
        let count = |count: Option<u64>| count.map_or_else(|| "none".to_owned(), |count| count.to_string());
        for table in &self.tables {
            let cells = line(&name_of(table), &count(table.left), &count(table.right));
            let remark = one_line(&self.remark(table));
            let space = if remark.is_empty() { "" } else { "  " };
            lines.push(format!("{}{cells}{space}{remark}", word(style, table.verdict == Verdict::Equal)));
            if let Some(rows) = self.rows.get(&table.table) {
                self.row_lines(rows, lines);
            }
        }
    }

    fn row_lines(&self, rows: &RowDifferences, lines: &mut Vec<String>) {
        lines.extend(bag_remark(rows).map(|remark| format!("           {remark}")));
        for (found, only) in self.sorts(rows) {
            let only = only.as_deref();
            lines.push(format!("           {}", Self::count_sentence(rows, found, only)));
            let shown = found.rows.iter().take(SHOWN);
            lines.extend(
                shown.map(|row| format!("             {}", one_line(&self.row_sentence(rows, row, only)))),
            );
            let more = found.rows.len().saturating_sub(SHOWN);
            if more > 0 {
                let json = "`--format json` names more of them";
                lines.push(format!("             and {} more; {json}", found.count - SHOWN as u64));
            }
        }
    }

    fn user_lines(&self, style: Style, lines: &mut Vec<String>) {
        for user in &self.test_users {
            let remark = one_line(&self.user_remark(user));
            let colon = if remark.is_empty() { "" } else { ": " };
            let word = word(style, user.verdict == UserVerdict::Equal);
            lines.push(format!("{word}  test user {}{colon}{remark}", one_line(&user.email)));
            lines.extend(self.user_problems(user).iter().map(|problem| format!("         {problem}")));
        }
    }
}

impl Render for ParityReport {
    fn render(&self, style: &Style) -> String {
        let mut lines = Vec::new();
        self.schema_lines(*style, &mut lines);
        self.table_lines(*style, &mut lines);
        self.user_lines(*style, &mut lines);
        let not_compared = self.uncompared();
        lines.extend(not_compared.iter().map(|item| style.faint(&format!("not compared: {item}"))));
        let verdict = if self.equal {
            style.good(&format!("{} and {} are equal", self.left, self.right))
        } else {
            style.bad(&format!("{} and {} differ", self.left, self.right))
        };
        lines.push(format!("{verdict} ({})", self.compared()));
        lines.join("\n")
    }

    fn markdown(&self) -> Option<String> {
        Some(self.markdown_body())
    }
}

/// What a database or a file holds, as a part of one line: a name or a value must not look like a line of the answer, and
/// must not colour it.
fn one_line(text: &str) -> String {
    let shown = |letter: char| match letter {
        '\n' => "\\n".to_owned(),
        '\t' => "\\t".to_owned(),
        letter if letter.is_control() => '\u{fffd}'.to_string(),
        letter => letter.to_string(),
    };
    text.chars().map(shown).collect()
}

/// As wide whichever it is, so that columns stay aligned.
fn word(style: Style, is_equal: bool) -> String {
    if is_equal { style.good("equal  ") } else { style.bad("differs") }
}
