//! A short difference of two texts, line by line. Pure.

use super::phrase::cut;

/// Lines that are shown of each side.
const SHOWN: usize = 4;

/// The lines that only one of them has, between what both begin and end with.
pub(super) fn diff(left: &str, right: &str) -> String {
    let (ours, theirs): (Vec<&str>, Vec<&str>) = (left.lines().collect(), right.lines().collect());
    let start = ours.iter().zip(&theirs).take_while(|(ours, theirs)| ours == theirs).count();
    let rest = (&ours[start..], &theirs[start..]);
    let end =
        rest.0.iter().rev().zip(rest.1.iter().rev()).take_while(|(ours, theirs)| ours == theirs).count();
    let mut text = Vec::new();
    for (sign, lines) in [('-', &rest.0[..rest.0.len() - end]), ('+', &rest.1[..rest.1.len() - end])] {
        text.extend(lines.iter().take(SHOWN).map(|line| format!("    {sign} {}", cut(line.trim_end()))));
        if lines.len() > SHOWN {
            text.push(format!("    {sign} ... and {} more", lines.len() - SHOWN));
        }
    }
    text.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown() {
        assert_eq!(diff("a\nb\nc\nd", "a\nx\ny\nd"), "    - b\n    - c\n    + x\n    + y");
        assert_eq!(diff("a\nb", "a\nb\nc"), "    + c");
    }

    #[test]
    fn a_long_difference_is_cut_short() {
        assert_eq!(diff("1\n2\n3\n4\n5\n6", ""), "    - 1\n    - 2\n    - 3\n    - 4\n    - ... and 2 more");
    }
}
