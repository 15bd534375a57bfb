//! Names from a database as names of files. Pure.

use crate::migration::version::Version;

/// No file system takes more than 255 bytes; the version and the ending need some of them.
const LONGEST_NAME: usize = 120;

/// The name of the file for a migration that is called so in a history; nothing when its version is none. What is in
/// the history may come from anybody: a name never leaves the folder, and never makes a file of another kind.
pub(crate) fn file_name(version: &Version, name: &str) -> Option<String> {
    version.as_str().parse::<Version>().ok().filter(|version| version.as_str().len() <= 64)?;
    let fits = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '-';
    let clean: String = name.chars().map(|letter| if fits(letter) { letter } else { '_' }).collect();
    let mut end = clean.len().min(LONGEST_NAME);
    while !clean.is_char_boundary(end) {
        end -= 1;
    }
    Some(format!("{version}_{}.sql", &clean[..end]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(version: &str, name: &str) -> Option<String> {
        file_name(&Version::stored(version), name)
    }

    #[test]
    fn a_plain_name_stays_as_it_is() {
        assert_eq!(named("20260101000000", "add_phone-2").as_deref(), Some("20260101000000_add_phone-2.sql"));
        assert_eq!(named("1", "größe").as_deref(), Some("1_größe.sql"));
        assert_eq!(named("1", "").as_deref(), Some("1_.sql"));
    }

    #[test]
    fn a_name_never_leaves_the_folder() {
        assert_eq!(named("1", "../../etc/passwd").as_deref(), Some("1_______etc_passwd.sql"));
        assert_eq!(named("1", "a\\b\0c\nd:e").as_deref(), Some("1_a_b_c_d_e.sql"));
        for version in ["../1", "1/2", "", "1 ", "x"] {
            assert_eq!(named(version, "a"), None, "{version:?}");
        }
        assert_eq!(named(&"1".repeat(300), "a"), None);
    }

    #[test]
    fn a_name_does_not_make_a_down_file() {
        assert_eq!(named("1", "a.down").as_deref(), Some("1_a_down.sql"));
    }

    #[test]
    fn a_long_name_is_cut_between_letters() {
        let name = named("20260101000000", &"ö".repeat(300)).unwrap();

        assert!(name.len() <= 255 && name.ends_with("ö.sql"), "{name}");
    }
}
