//! Lists that may have a thousand lines, for a person.

/// So many lines are shown whole.
const MOST: usize = 25;
/// Of more, so many of the first and of the last.
const ENDS: usize = 5;

/// The lines, or the first and the last of many with a word on those between.
#[must_use]
pub(crate) fn folded(lines: Vec<String>) -> Vec<String> {
    if lines.len() <= MOST {
        return lines;
    }
    let between = format!("  ... and {} more; `--json` has all", lines.len() - 2 * ENDS);
    let last = lines[lines.len() - ENDS..].to_vec();
    lines.into_iter().take(ENDS).chain([between]).chain(last).collect()
}

/// The words in one line, or the first and the last of many.
#[must_use]
pub(crate) fn in_a_row(words: &[&str]) -> String {
    match words {
        [first, .., last] if words.len() > MOST => format!("{first} ... {last}"),
        words => words.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_show_their_ends_and_short_ones_everything() {
        let lines = |count: usize| (1..=count).map(|line| line.to_string()).collect::<Vec<_>>();

        assert_eq!(folded(lines(25)), lines(25));
        let many = folded(lines(1000));
        assert_eq!(many.len(), 11);
        assert_eq!(many[4..7], ["5", "  ... and 990 more; `--json` has all", "996"]);
        assert_eq!(in_a_row(&["1", "2"]), "1, 2");
        assert_eq!(in_a_row(&["1"; 26]), "1 ... 1");
    }
}
