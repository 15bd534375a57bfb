//! Which columns look as if they held something of a person, by name, type and comment. Pure.

mod signs;

use crate::mask::expression;
use crate::mask::personal::signs::{ABOUT, DOCUMENTS, PEOPLE, ROLES, SAID, SIGNS, STEMS, WRITINGS, WRITTEN};
use crate::mask::rule::Mask;
use crate::mask::shape::{Family, Shape};

/// A column as far as can be told whether it holds something personal.
pub(crate) struct Looked<'a> {
    pub(crate) table: &'a str,
    pub(crate) column: &'a str,
    pub(crate) shape: &'a Shape,
    pub(crate) is_unique: bool,
    pub(crate) is_nullable: bool,
    pub(crate) comment: Option<&'a str>,
}

/// The mask to propose for a column that looks personal, as a value of `[mask]`; one that the column can hold.
pub(crate) fn proposed(looked: &Looked<'_>) -> Option<String> {
    let words = words(looked.column);
    let word = wanted(looked, &words)?;
    let is_about = words.last().is_some_and(|last| is_in(ABOUT, last)) && words.len() > 1;
    let is_said = looked.comment.is_some_and(|comment| has(SAID, &self::words(comment)));
    if is_about && !is_said && word != "redact" {
        return None;
    }
    let is_reference = words.last().is_some_and(|last| last == "id") && words.len() > 1;
    is_telling(word, looked.shape, is_reference, is_said).then(|| fitting(word, looked))
}

/// Types whose values say nothing of anybody, whatever the column is called.
const PLAIN: [&str; 5] = ["boolean", "interval", "time ", "bit", "oid"];

/// What its name, the name of its type, its comment or its type says that it is.
fn wanted(looked: &Looked<'_>, words: &[String]) -> Option<&'static str> {
    // A domain is called by what it holds.
    let type_words = looked.shape.sql.split_once('.').map(|(_, name)| self::words(name)).unwrap_or_default();
    let named = [words, &type_words].into_iter().find_map(|words| {
        let whole = SIGNS.iter().find(|(signs, _)| has(signs, words));
        let part = || STEMS.iter().find(|(stems, _)| words.iter().any(|word| holds(stems, word)));
        whole.or_else(part).map(|(_, mask)| *mask)
    });
    if let Some(mask) = named {
        return Some(mask);
    }
    let is_of = |list: &str| self::words(looked.table).iter().any(|word| is_in(list, word));
    let is_name = ["name", "nom", "nome", "naam", "имя"].contains(&words.last()?.as_str());
    let of_person = match words {
        [_] => is_of(PEOPLE),
        [.., before, _] => is_in(PEOPLE, before) || is_in(ROLES, before),
        [] => false,
    };
    let is_document = matches!(looked.shape.family, Family::Json { .. }) && has(DOCUMENTS, words);
    let is_written =
        looked.shape.is_text() && is_of(WRITINGS) && words.len() == 1 && is_in(WRITTEN, &words[0]);
    if is_name && of_person {
        return Some("name");
    }
    if is_document || looked.comment.is_some_and(|comment| has(SAID, &self::words(comment))) {
        return Some("redact");
    }
    if is_written {
        return Some("text");
    }
    match looked.shape.family {
        Family::Inet => Some("ip"),
        // The words of a row, and the address of somebody's machine.
        Family::Other if ["tsvector", "macaddr", "macaddr8"].contains(&looked.shape.sql.as_str()) => {
            Some("redact")
        }
        _ => None,
    }
}

/// Whether such a value is something of the person: a day is only where it is that of birth, a number is one or refers to one.
fn is_telling(word: &str, shape: &Shape, is_reference: bool, is_said: bool) -> bool {
    let of_type = shape.sql.as_str();
    match &shape.family {
        Family::Text { .. } | Family::Inet | Family::Cidr | Family::Json { .. } | Family::Bytes => true,
        Family::Date | Family::Timestamp => word == "birthday" || is_said,
        Family::Integer(_) | Family::Decimal(_) | Family::Float => {
            is_said
                || !is_reference
                    && ["number", "hash", "phone", "birthday", "card", "zip", "ip", "iban"].contains(&word)
        }
        Family::Uuid => word == "hash" && !is_reference || is_said,
        Family::Enum => word == "redact" || is_said,
        Family::Other => is_said || !PLAIN.iter().any(|plain| of_type.starts_with(plain)),
    }
}

/// The mask, if such a column can hold what it makes; else the next that it can.
fn fitting(word: &'static str, looked: &Looked<'_>) -> String {
    let typed = match &looked.shape.family {
        Family::Date | Family::Timestamp => "birthday",
        Family::Integer(_) | Family::Decimal(_) | Family::Float => "number",
        Family::Inet | Family::Cidr => "ip",
        Family::Json { .. } => "redact",
        Family::Uuid => "uuid",
        Family::Text { .. } | Family::Bytes | Family::Enum | Family::Other => word,
    };
    let fits = |word: &&str| {
        let mask = Mask::of_word(word)?;
        if mask == Mask::Null {
            return looked.is_nullable.then_some(());
        }
        let column = expression::Column { reference: "", shape: looked.shape, is_unique: looked.is_unique };
        // A shorter form of these would look like nothing.
        let is_cut =
            ["iban", "card", "url", "ip"].contains(word) && looked.shape.room.is_some_and(|room| room < 39);
        column.masked(&mask).filter(|_| !is_cut).map(|_| ())
    };
    let chosen = [typed, "hash", "null"].into_iter().find(|word| fits(word).is_some());
    chosen.map_or_else(|| "{ sql = \"...\" }".to_owned(), |word| format!("\"{word}\""))
}

/// Whether one of the signs is within the words.
fn has(signs: &str, words: &[String]) -> bool {
    signs.split('|').any(|sign| {
        let parts: Vec<&str> = sign.split(' ').collect();
        let is_one = parts.len() > 1 && words.contains(&parts.concat());
        is_one || words.windows(parts.len()).any(|window| window == parts)
    })
}

fn is_in(list: &str, word: &str) -> bool {
    list.split('|').any(|entry| entry == word)
}

fn holds(stems: &str, word: &str) -> bool {
    stems.split('|').any(|stem| word.contains(stem))
}

/// `workEmail2` and `work_email_2` as `work`, `email`; `Straße` and `prénom` without what not every keyboard has.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            words
                .last_mut()
                .into_iter()
                .for_each(|word| letter.to_lowercase().for_each(|small| plain(small, word)));
        }
        was_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A letter without its accent.
fn plain(letter: char, word: &mut String) {
    const ACCENTED: [(&str, &str); 12] = [
        ("àáâãäåą", "a"),
        ("çćč", "c"),
        ("èéêëę", "e"),
        ("ìíîï", "i"),
        ("ñń", "n"),
        ("òóôõöø", "o"),
        ("ùúûü", "u"),
        ("ýÿ", "y"),
        ("śš", "s"),
        ("źżž", "z"),
        ("ł", "l"),
        ("ß", "ss"),
    ];
    match ACCENTED.iter().find(|(accented, _)| accented.contains(letter)) {
        Some((_, plain)) => word.push_str(plain),
        None => word.push(letter),
    }
}

#[cfg(test)]
mod tests;
