//! The line of a file an error points at, with a caret under the place.

use crate::error::Location;
use crate::ui::Style;

/// How many columns of a long line are shown.
const WIDTH: usize = 100;
/// How many of them stand before the caret.
const BEFORE: usize = 60;

/// The place and, if it is known, the line with a caret.
#[must_use]
pub(crate) fn snippet(location: &Location, style: Style) -> String {
    let place = format!("{} {location}", style.faint("-->"));
    if location.excerpt.trim().is_empty() {
        return format!(" {place}");
    }
    let (line, caret) = window(&location.excerpt, location.column);
    let number = location.line.to_string();
    let margin = " ".repeat(number.len());
    let bar = style.faint("|");
    format!(
        "{margin}{place}\n{margin} {bar}\n{} {bar} {line}\n{margin} {bar} {}{}",
        style.faint(&number),
        " ".repeat(caret),
        style.bad("^")
    )
}

/// The part of a line around a column, and how many terminal columns stand before that column.
fn window(excerpt: &str, column: usize) -> (String, usize) {
    let cells: Vec<(String, usize)> = excerpt.chars().map(cell).collect();
    let caret = column.saturating_sub(1).min(cells.len());
    let mut start = caret;
    let mut before = 0;
    while start > 0 && before + cells[start - 1].1 <= BEFORE {
        start -= 1;
        before += cells[start].1;
    }
    let mut shown = before;
    let mut end = caret;
    while end < cells.len() && shown + cells[end].1 <= WIDTH {
        shown += cells[end].1;
        end += 1;
    }
    let mut line: String = cells[start..end].iter().map(|(text, _)| text.as_str()).collect();
    if start > 0 {
        line.insert(0, '…');
        before += 1;
    }
    if end < cells.len() {
        line.push('…');
    }
    (line, before)
}

/// How a character is shown and how wide that is. Tabs become spaces; control characters cannot reach the terminal.
fn cell(character: char) -> (String, usize) {
    match character {
        '\t' => ("    ".to_owned(), 4),
        control if control.is_control() => ('\u{fffd}'.to_string(), 1),
        other => {
            let text = other.to_string();
            let width = console::measure_text_width(&text);
            (text, width)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(excerpt: &str, column: usize) -> String {
        let location = Location { file: "a.sql".to_owned(), line: 12, column, excerpt: excerpt.to_owned() };
        snippet(&location, Style::PLAIN)
    }

    #[test]
    fn the_caret_stands_under_the_character() {
        let expected = "  --> a.sql:12:14\n   |\n12 | create table a ()\n   |              ^";
        assert_eq!(shown("create table a ()", 14), expected);
    }

    #[test]
    fn tabs_and_wide_characters_move_the_caret_as_far_as_the_text() {
        assert!(shown("\tx", 2).ends_with("12 |     x\n   |     ^"));
        assert!(shown("漢字x", 3).ends_with("12 | 漢字x\n   |     ^"));
    }

    #[test]
    fn a_caret_past_the_end_stands_after_the_last_character() {
        assert!(shown("ab", 99).ends_with("12 | ab\n   |   ^"));
    }

    #[test]
    fn a_long_line_is_cut_around_the_caret() {
        let line = format!("{}X{}", "a".repeat(500), "b".repeat(500));
        let text = shown(&line, 501);
        let lines: Vec<&str> = text.lines().collect();

        assert_eq!(lines[2], format!("12 | …{}X{}…", "a".repeat(60), "b".repeat(39)));
        assert_eq!(lines[3].find('^'), Some("12 | ".len() + 61));
    }

    #[test]
    fn escape_sequences_of_the_file_do_not_reach_the_terminal() {
        assert!(!shown("select '\u{1b}[2J'", 1).contains('\u{1b}'));
    }

    #[test]
    fn without_a_line_only_the_place_is_shown() {
        assert_eq!(shown("", 1), " --> a.sql:12:1");
    }
}
