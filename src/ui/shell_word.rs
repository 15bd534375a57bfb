//! Words in commands that people are told to type.

/// A word as a shell takes it literally: what is copied into one comes from files and from a database.
#[must_use]
pub fn shell_word(word: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_-./".contains(letter);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    let shown: String = word.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    format!("'{}'", shown.replace('\'', "'\\''"))
}

/// Several of them.
#[must_use]
pub fn shell_words<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(shell_word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_takes_every_word_as_it_is() {
        assert_eq!(
            shell_words(["20260101000000", "migrations/1_a.sql"]),
            "20260101000000 migrations/1_a.sql"
        );
        assert_eq!(shell_words(["", "$(id)", "it's"]), r"'' '$(id)' 'it'\''s'");
        assert_eq!(shell_word("a\nrm -rf x"), "'a rm -rf x'");
    }
}
