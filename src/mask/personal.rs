//! Which columns look as if they held something of a person, by name and type. Pure.

use crate::mask::shape::{Family, Shape};

/// Words that columns are called by, and the mask that fits. A name is looked at word by word, so that `work_email2`
/// is an `email` and `shipping` no `ip`. Earlier lines win.
const SIGNS: &[(&str, &str)] = &[
    ("password passwd passphrase pwd secret token apikey salt otp pin", "hash"),
    ("api key", "hash"),
    ("private key", "hash"),
    ("e mail", "email"),
    ("email mail emails", "email"),
    ("ip ipaddress ips", "ip"),
    ("user agent", "redact"),
    ("first name", "first_name"),
    ("firstname forename givenname", "first_name"),
    ("given name", "first_name"),
    ("middle name", "first_name"),
    ("last name", "last_name"),
    ("lastname surname familyname", "last_name"),
    ("family name", "last_name"),
    ("maiden name", "last_name"),
    ("full name", "name"),
    ("fullname realname nickname username", "name"),
    ("display name", "name"),
    ("user name", "name"),
    ("contact name", "name"),
    ("phone telephone tel mobile cell fax phones whatsapp msisdn", "phone"),
    ("birth birthday birthdate dob born", "birthday"),
    ("ssn passport nino", "hash"),
    ("social security", "hash"),
    ("national id", "hash"),
    ("tax id", "hash"),
    ("drivers license", "hash"),
    ("driver license", "hash"),
    ("iban", "iban"),
    ("bank account", "hash"),
    ("account number", "hash"),
    ("credit card", "card"),
    ("card number", "card"),
    ("cvv cvc card", "hash"),
    ("street", "street"),
    ("address addresses addr", "address"),
    ("city town", "city"),
    ("zip zipcode postcode plz", "zip"),
    ("postal code", "zip"),
    ("latitude longitude lat lng lon geolocation", "number"),
    ("salary wage income", "number"),
    ("linkedin twitter facebook instagram avatar photo website", "url"),
    ("gender religion ethnicity nationality diagnosis", "redact"),
    ("note notes comment comments remark remarks bio", "text"),
];

/// What people are called in tables.
const PEOPLE: &str = "contact contacts person persons people user users profile profiles customer customers client clients \
     employee employees lead leads member members patient patients student students subscriber subscribers";

/// The mask to propose for a column that looks personal; `null` where none of another sort fits.
pub(crate) fn proposed(table: &str, column: &str, shape: &Shape, is_unique: bool) -> Option<&'static str> {
    let words = words(column);
    // A domain is called by what it holds.
    let type_words = shape.sql.split_once('.').map(|(_, name)| self::words(name)).unwrap_or_default();
    let is_called = |sign: &str| is_within(sign, &words) || is_within(sign, &type_words);
    let named = SIGNS.iter().find(|(signs, _)| {
        let parts: Vec<&str> = signs.split(' ').collect();
        // Two short parts are one name; a longer list is one of synonyms.
        if is_phrase(signs) { is_called(signs) } else { parts.iter().any(|sign| is_called(sign)) }
    });
    let is_name_of_person = words == ["name"] && self::words(table).iter().any(|word| is_in(PEOPLE, word));
    let word = match (named, is_name_of_person) {
        (Some((_, word)), _) => word,
        (None, true) => "name",
        (None, false) if matches!(shape.family, Family::Inet) => "ip",
        (None, false) => return None,
    };
    fitting(word, &words, shape, is_unique)
}

/// The word, if such a column can hold what it is about; else what can mask it.
fn fitting(word: &'static str, words: &[String], shape: &Shape, is_unique: bool) -> Option<&'static str> {
    let is_reference = words.last().is_some_and(|last| last == "id");
    match &shape.family {
        Family::Text { .. }
            if is_unique && ["address", "zip", "ip", "card", "redact", "text", "number"].contains(&word) =>
        {
            Some("hash")
        }
        Family::Text { .. } => Some(match word {
            "number" => "redact",
            "birthday" => "hash",
            "email" if shape.room.is_some_and(|room| room < 28) => "hash",
            "iban" | "card" | "url" | "ip" if shape.room.is_some_and(|room| room < 39) => "hash",
            other => other,
        }),
        Family::Date | Family::Timestamp => (word == "birthday").then_some("birthday"),
        Family::Integer(_) | Family::Decimal(_) | Family::Float if is_reference => None,
        Family::Integer(_) | Family::Decimal(_) | Family::Float => {
            let is_count = words.last().is_some_and(|last| is_in("count total limit", last));
            let is_telling = ["number", "hash", "phone", "birthday", "card"].contains(&word) && !is_count;
            is_telling.then_some("number")
        }
        Family::Inet | Family::Cidr => Some("ip"),
        Family::Json { .. } => Some("redact"),
        Family::Bytes => Some("hash"),
        Family::Uuid => (word == "hash" && !is_reference).then_some("uuid"),
        Family::Other => None,
    }
}

fn is_phrase(signs: &str) -> bool {
    signs.split(' ').count() == 2 && SECOND_WORDS.iter().any(|second| signs.ends_with(&format!(" {second}")))
}

const SECOND_WORDS: [&str; 12] = [
    "name", "key", "mail", "agent", "security", "id", "license", "account", "number", "card", "code",
    "address",
];

fn is_within(sign: &str, words: &[String]) -> bool {
    let sign: Vec<&str> = sign.split(' ').collect();
    words.windows(sign.len()).any(|window| window.iter().zip(&sign).all(|(word, sign)| word == sign))
}

fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|entry| entry == word)
}

/// `workEmail2` and `work_email_2` as `work`, `email`.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_small) {
            words.push(String::new());
        }
        if letter.is_alphabetic() {
            words.last_mut().into_iter().for_each(|word| word.extend(letter.to_lowercase()));
        }
        was_small = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Catalog;

    fn proposal(table: &str, column: &str, data_type: &str) -> Option<&'static str> {
        proposed(table, column, &Shape::of(data_type, &Catalog::default()), false)
    }

    #[test]
    fn what_people_are_told_apart_by_is_seen_whatever_the_spelling() {
        for (column, data_type, word) in [
            ("email", "text", "email"),
            ("workEmail2", "text", "email"),
            ("e_mail", "character varying(20)", "hash"),
            ("FirstName", "text", "first_name"),
            ("mobile_phone", "text", "phone"),
            ("date_of_birth", "date", "birthday"),
            ("password_hash", "text", "hash"),
            ("api_key", "text", "hash"),
            ("last_login", "inet", "ip"),
            ("billing_address", "jsonb", "redact"),
            ("notes", "text", "text"),
            ("postal_code", "text", "zip"),
            ("emails", "text[]", "email"),
        ] {
            assert_eq!(proposal("t", column, data_type), Some(word), "{column} {data_type}");
        }
    }

    #[test]
    fn what_is_about_something_else_is_left_in_peace() {
        for (column, data_type) in [
            ("shipping", "text"),
            ("description", "text"),
            ("email_confirmed_at", "timestamp with time zone"),
            ("email_verified", "boolean"),
            ("address_id", "uuid"),
            ("phone_id", "bigint"),
            ("stage", "text"),
            ("name", "text"),
            ("account_id", "uuid"),
            ("key", "text"),
        ] {
            assert_eq!(proposal("products", column, data_type), None, "{column} {data_type}");
        }
        assert_eq!(proposal("contacts", "name", "text"), Some("name"));
    }
}
