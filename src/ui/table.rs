//! Text tables whose columns stand under each other.

use crate::ui::Style;

/// A table. Cells may be coloured already; columns of numbers stand to the right.
#[derive(Debug, Clone, Default)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
}

impl Table {
    /// A table with these columns.
    #[must_use]
    pub fn new<const N: usize>(header: [&str; N]) -> Self {
        Self { header: header.map(str::to_owned).to_vec(), rows: Vec::new() }
    }

    /// Adds a row. Cells that are missing are empty.
    pub fn row<const N: usize>(&mut self, cells: [impl Into<String>; N]) -> &mut Self {
        self.rows.push(cells.map(|cell| one_line(&cell.into())).to_vec());
        self
    }

    /// Whether it has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table as text, without a trailing line break.
    #[must_use]
    pub fn render(&self, style: &Style) -> String {
        let header: Vec<String> = self.header.iter().map(|name| style.strong(name)).collect();
        let widths: Vec<usize> = (0..self.columns()).map(|column| self.width(column)).collect();
        let lines: Vec<String> =
            std::iter::once(&header).chain(&self.rows).map(|cells| self.line(cells, &widths)).collect();
        lines.join("\n")
    }

    /// The table as GitHub's Markdown, without colours.
    #[must_use]
    pub fn markdown(&self) -> String {
        let plain = |cells: &Vec<String>| {
            let cells: Vec<String> = (0..self.columns())
                .map(|column| cells.get(column).map_or("", String::as_str))
                .map(|cell| console::strip_ansi_codes(cell).replace('|', "\\|").replace('<', "&lt;"))
                .collect();
            format!("| {} |", cells.join(" | "))
        };
        let rules: Vec<&str> =
            (0..self.columns()).map(|column| if self.is_numeric(column) { "---:" } else { "---" }).collect();
        let mut lines = vec![plain(&self.header), format!("| {} |", rules.join(" | "))];
        lines.extend(self.rows.iter().map(plain));
        lines.join("\n")
    }

    fn columns(&self) -> usize {
        self.rows.iter().map(Vec::len).chain([self.header.len()]).max().unwrap_or(0)
    }

    fn width(&self, column: usize) -> usize {
        let cells = std::iter::once(&self.header).chain(&self.rows).filter_map(|cells| cells.get(column));
        cells.map(|cell| console::measure_text_width(cell)).max().unwrap_or(0)
    }

    fn is_numeric(&self, column: usize) -> bool {
        let is_number = |cell: &String| {
            let plain = console::strip_ansi_codes(cell);
            let sign = |character: char| character.is_ascii_digit() || ",.+-%".contains(character);
            plain.is_empty()
                || plain == "-"
                || (plain.chars().all(sign) && plain.contains(|c: char| c.is_ascii_digit()))
        };
        let mut cells = self.rows.iter().filter_map(|cells| cells.get(column)).peekable();
        cells.peek().is_some() && cells.all(is_number)
    }

    fn line(&self, cells: &[String], widths: &[usize]) -> String {
        let mut line = String::new();
        for (column, width) in widths.iter().enumerate() {
            let cell = cells.get(column).map_or("", String::as_str);
            let space = " ".repeat(width - console::measure_text_width(cell).min(*width));
            if column > 0 {
                line.push_str("  ");
            }
            if self.is_numeric(column) {
                line.push_str(&space);
                line.push_str(cell);
            } else {
                line.push_str(cell);
                line.push_str(&space);
            }
        }
        line.trim_end().to_owned()
    }
}

/// A cell is one line; what would break it, or move the cursor, becomes a space. Colours are kept.
fn one_line(cell: &str) -> String {
    cell.chars()
        .map(|character| if character.is_control() && character != '\u{1b}' { ' ' } else { character })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(["table", "rows", "state"]);
        table.row(["public.contacts", "1,234", "equal"]);
        table.row(["public.漢字", "7", "differs"]);
        table
    }

    #[test]
    fn columns_stand_under_each_other_and_numbers_to_the_right() {
        let expected = "\
table             rows  state
public.contacts  1,234  equal
public.漢字          7  differs";
        assert_eq!(table().render(&Style::PLAIN), expected);
    }

    #[test]
    fn colours_do_not_move_columns() {
        let mut coloured = Table::new(["state", "what"]);
        coloured.row([Style::COLOURED.good("ok"), "a".to_owned()]).row(["failed".to_owned(), "b".to_owned()]);

        let text = coloured.render(&Style::COLOURED);
        assert_eq!(console::strip_ansi_codes(&text), "state   what\nok      a\nfailed  b");
    }

    #[test]
    fn the_same_table_is_markdown() {
        let mut table = Table::new(["name", "n"]);
        table.row(["a|b", "1"]);

        assert_eq!(table.markdown(), "| name | n |\n| --- | ---: |\n| a\\|b | 1 |");
    }
}
