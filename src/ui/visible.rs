//! What may reach a terminal: text, and the colours that are crmctl's own. Names, notices and errors come from
//! databases and files that anybody may have written; an escape sequence in them could hide what a person consents to.

use std::borrow::Cow;

/// The sequences that [`super::Style`] writes.
const COLOURS: [&str; 6] = ["\u{1b}[0m", "\u{1b}[1m", "\u{1b}[2m", "\u{1b}[31m", "\u{1b}[32m", "\u{1b}[33m"];

/// The text with a mark in place of everything that would move the cursor, change the terminal or turn letters around.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_hidden) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let colour =
            COLOURS.iter().find(|colour| rest.starts_with(**colour)).map_or(0, |colour| colour.len());
        let length = match letter {
            '\u{1b}' if colour > 0 => colour,
            // A file of another system is shown as it is meant.
            '\r' if rest.starts_with("\r\n") => {
                rest = &rest[1..];
                continue;
            }
            letter if is_hidden(letter) => {
                shown.push('\u{fffd}');
                rest = &rest[letter.len_utf8()..];
                continue;
            }
            letter => letter.len_utf8(),
        };
        shown.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    Cow::Owned(shown)
}

fn is_hidden(letter: char) -> bool {
    let turns_around = matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns_around || (letter.is_control() && letter != '\n' && letter != '\t')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::Style;

    #[test]
    fn what_crmctl_writes_stays_as_it_is() {
        let coloured = [Style::good, Style::bad, Style::attention, Style::strong, Style::faint]
            .map(|paint| paint(Style::COLOURED, "größe\t1\n"))
            .concat();

        assert_eq!(visible(&coloured), coloured);
        assert_eq!(visible("a\r\nb"), "a\nb");
    }

    #[test]
    fn what_others_write_does_not_command_the_terminal() {
        for (text, shown) in [
            ("a\u{1b}]0;title\u{7}b", "a\u{fffd}]0;title\u{fffd}b"),
            ("\u{1b}[8mhidden\u{1b}[2J", "\u{fffd}[8mhidden\u{fffd}[2J"),
            ("drop\rselect", "drop\u{fffd}select"),
            ("\u{9b}2J", "\u{fffd}2J"),
            ("admin\u{202e}txt", "admin\u{fffd}txt"),
        ] {
            assert_eq!(visible(text), shown);
        }
    }
}
