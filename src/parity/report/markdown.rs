//! The report as GitHub's Markdown. Whatever comes from a database stands in code, where nothing is a link, an image, a
//! mention or HTML.

use crate::parity::report::ParityReport;
use crate::parity::report::check::{Check, checks};
use crate::ui::plural;

/// A comment may have 65,536 characters.
const LONGEST: usize = 60_000;
/// Sentences about one check.
const SHOWN: usize = 20;

/// Everything but the title.
pub(super) fn body(report: &ParityReport) -> String {
    let checks = checks(report);
    let differing: Vec<&Check> = checks.iter().filter(|check| !check.is_equal).collect();
    let mut text = Limited::default();
    text.add(&format!("{}.\n", capitalised(report.compared())));
    if differing.is_empty() {
        text.add(&format!("\nNothing differs in {}.\n", plural(checks.len() as u64, "check")));
    } else {
        text.add("\n| differs | what |\n| --- | --- |\n");
        for check in &differing {
            text.add(&format!("| {} | {} |\n", cell(&check.name), cell(&check.summary)));
        }
        text.add(&format!("\n{} of {} checks are equal.\n", checks.len() - differing.len(), checks.len()));
    }
    for check in differing.into_iter().filter(|check| !check.details.is_empty()) {
        details(check, &mut text);
    }
    for item in report.uncompared() {
        text.add(&format!("\nNot compared: {item}.\n"));
    }
    text.finish()
}

fn details(check: &Check, text: &mut Limited) {
    let mut item = format!("\n- {}\n", code(&check.name));
    for sentence in check.details.iter().take(SHOWN) {
        item.push_str(&format!("  - {}\n", code(sentence)));
    }
    if check.details.len() > SHOWN {
        item.push_str(&format!("  - and {} more\n", check.details.len() - SHOWN));
    }
    text.add(&item);
}

/// Text until it is long enough. Only whole parts are added, and it is said that some are missing.
#[derive(Default)]
struct Limited {
    text: String,
    is_full: bool,
}

impl Limited {
    fn add(&mut self, part: &str) {
        self.is_full |= self.text.len() + part.len() > LONGEST;
        if !self.is_full {
            self.text.push_str(part);
        }
    }

    fn finish(mut self) -> String {
        if self.is_full {
            self.text.push_str("\nThere is more: `crmctl verify --format json` has all of it.\n");
        }
        self.text.trim_end().to_owned()
    }
}

/// A text as code in one line, whatever it holds.
fn code(text: &str) -> String {
    let line: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    let longest_run = line.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest_run + 1);
    // One space at each end is taken away again, but only if there is one at both.
    let space = if line.starts_with(['`', ' ']) || line.ends_with(['`', ' ']) { " " } else { "" };
    if line.trim().is_empty() { "` `".to_owned() } else { format!("{fence}{space}{line}{space}{fence}") }
}

/// The same in a table, where a bar ends the cell even in code.
fn cell(text: &str) -> String {
    if text.is_empty() { String::new() } else { code(text).replace('|', "\\|") }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_ends_its_code_or_its_cell() {
        assert_eq!(code("plain"), "`plain`");
        assert_eq!(code("`; ![x](http://evil) ``"), "``` `; ![x](http://evil) `` ```");
        assert_eq!(code("@everyone\n# <b>"), "`@everyone # <b>`");
        assert_eq!(cell("a|b"), "`a\\|b`");
    }

    #[test]
    fn a_comment_never_gets_longer_than_github_takes() {
        let mut text = Limited::default();
        for _ in 0..10_000 {
            text.add("0123456789\n");
        }

        let text = text.finish();
        assert!(text.len() < 65_536 && text.ends_with("has all of it."), "{}", text.len());
    }
}
