//! What a column holds of which the file says nothing: told by its checks, its name and its type.

use crate::seed::own::catalog::{Attribute, Relation};
use crate::seed::own::form::Form;
use crate::seed::own::kind::{Given, Kind, Known, Words};

/// A column's kind, if it can be guessed.
pub(crate) fn guess(relation: &Relation, attribute: &Attribute, form: &Form) -> Option<Kind> {
    if let Some(kind) = allowed(relation, attribute, form) {
        return Some(kind);
    }
    let name = plain(&attribute.name);
    Some(match form {
        Form::Text(most) => text(relation, &name, *most),
        Form::Integer { .. } | Form::Numeric(_) | Form::Float => number(relation, attribute, form, &name),
        Form::Boolean => Kind::Boolean { percent: if name.contains("active") { 90 } else { 50 } },
        Form::Date | Form::Timestamp { .. } | Form::Time => moment(relation, &name),
        Form::Uuid => Kind::Uuid,
        Form::Address => Kind::Known(Known::Ip),
        Form::Enum(labels) => Kind::Choice(labels.iter().map(|label| (label.clone(), 1)).collect()),
        // An empty object, an empty array.
        Form::Json { .. } | Form::Array(_) => Kind::Constant("{}".to_owned()),
        Form::Other => return None,
    })
}

/// Lower case letters and digits only: `firstName`, `FIRST_NAME` and `first_name` are one.
pub(crate) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The values that a check allows: `status in ('open', 'closed')`, as the server writes it.
fn allowed(relation: &Relation, attribute: &Attribute, form: &Form) -> Option<Kind> {
    if !matches!(form, Form::Text(_)) {
        return None;
    }
    let name = written(&attribute.name);
    let is_of_it = |before: &str| {
        let before = before.trim_end().trim_start_matches('(');
        before == name || before.strip_prefix(&name).is_some_and(|rest| rest.starts_with(")::"))
    };
    relation.checks.iter().find_map(|check| {
        let (before, list) = check.split_once(" = ANY (")?;
        let list = list.trim_start_matches('(').strip_prefix("ARRAY[")?;
        let list = list.split_once(']')?.0;
        is_of_it(before).then(|| Kind::Choice(literals(list).into_iter().map(|value| (value, 1)).collect()))
    })
}

/// A name as the server writes it in an expression.
fn written(name: &str) -> String {
    let is_plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if is_plain { name.to_owned() } else { crate::pg::identifier(name) }
}

/// The texts between single quotes.
fn literals(list: &str) -> Vec<String> {
    let list = list.replace("''", "\u{1}");
    list.split('\'').skip(1).step_by(2).map(|value| value.replace('\u{1}', "'")).collect()
}

/// The least and the greatest number that checks allow.
fn bounds(relation: &Relation, attribute: &Attribute) -> [Option<i64>; 2] {
    let name = written(&attribute.name);
    let mut bounds = [None, None];
    for check in &relation.checks {
        for (sign, place, step) in [(">=", 0, 0), (">", 0, 1), ("<=", 1, 0), ("<", 1, -1)] {
            for start in [format!("({name} {sign} "), format!("({name})::numeric {sign} ")] {
                let Some((_, rest)) = check.split_once(&start) else { continue };
                let digits: String = rest
                    .trim_start_matches(['(', '\''])
                    .chars()
                    .take_while(|c| c.is_ascii_digit() || *c == '-')
                    .collect();
                bounds[place] = digits.parse::<i64>().ok().map(|bound| bound + step).or(bounds[place]);
            }
        }
    }
    bounds
}

fn number(relation: &Relation, attribute: &Attribute, form: &Form, name: &str) -> Kind {
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let is_money =
        is(&["price", "amount", "total", "cost", "fee", "balance", "salary", "revenue", "payment"]);
    let [low, high] = if is(&["quantity", "qty", "stock", "count"]) {
        [1, 20]
    } else if is(&["rating", "stars", "score"]) {
        [1, 5]
    } else if name == "age" {
        [18, 80]
    } else if is(&["year"]) {
        [1990, 2025]
    } else if is(&["percent", "discount", "rate"]) {
        [0, 30]
    } else if is(&["minutes", "duration", "length"]) {
        [5, 180]
    } else {
        [1, 500]
    };
    let [least, most] = bounds(relation, attribute);
    let (mut low, mut high) = (least.unwrap_or(low).max(low.min(least.unwrap_or(low))), high);
    if let Some(least) = least {
        low = low.max(least);
        high = high.max(least);
    }
    if let Some(most) = most {
        (low, high) = (low.min(most), high.min(most));
    }
    let places = match form {
        Form::Numeric(Some((digits, scale))) => {
            let largest = 10_i64.pow(digits.saturating_sub(*scale).min(15)) - 1;
            (low, high) = (low.min(largest), high.min(largest));
            (*scale).min(2)
        }
        Form::Integer { most, .. } => {
            (low, high) = (low.min(*most), high.min(*most));
            0
        }
        Form::Text(_)
        | Form::Numeric(None)
        | Form::Float
        | Form::Boolean
        | Form::Date
        | Form::Time
        | Form::Timestamp { .. }
        | Form::Uuid
        | Form::Json { .. }
        | Form::Address
        | Form::Enum(_)
        | Form::Array(_)
        | Form::Other => 2,
    };
    if places == 0 || !(is_money || matches!(form, Form::Float | Form::Numeric(None))) {
        return Kind::Integer([low, high]);
    }
    let one = 10_i64.pow(places);
    Kind::Decimal { between: [low * one, high * one], places }
}

/// What a text is by its name, in the order of the table: the more special first.
const TEXTS: [(&[&str], Known); 21] = [
    (&["email", "mail"], Known::Email),
    (&["firstname", "givenname", "forename", "fname"], Known::FirstName),
    (&["lastname", "surname", "familyname", "lname"], Known::LastName),
    (&["username", "login", "nickname", "handle"], Known::Username),
    (&["fullname", "displayname", "contactname", "authorname", "customername"], Known::FullName),
    (
        &["company", "organization", "organisation", "employer", "brand", "manufacturer", "vendor"],
        Known::Company,
    ),
    (&["phone", "mobile", "fax", "telephone"], Known::Phone),
    (&["url", "website", "link", "homepage", "avatar", "image", "photo"], Known::Url),
    (&["ipaddress", "remoteaddr"], Known::Ip),
    (&["address"], Known::Address),
    (&["street"], Known::Street),
    (&["city", "town"], Known::City),
    (&["postal", "zip", "postcode"], Known::PostalCode),
    (&["country", "nation"], Known::Country),
    (&["state", "province", "region", "district"], Known::State),
    (&["domain"], Known::Domain),
    (&["jobtitle", "position"], Known::JobTitle),
    (&["department"], Known::Department),
    (&["color", "colour"], Known::Color),
    (&["body", "content", "article", "biography"], Known::Paragraph),
    (
        &["description", "comment", "note", "text", "summary", "message", "remark", "feedback"],
        Known::Sentence,
    ),
];

fn text(relation: &Relation, name: &str, most: Option<usize>) -> Kind {
    let table = plain(&relation.name);
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let choice =
        |values: &[&str]| Kind::Choice(values.iter().map(|value| ((*value).to_owned(), 1)).collect());
    if let Some((_, known)) = TEXTS.iter().find(|(words, _)| is(words)) {
        return Kind::Known(*known);
    }
    if is(&["currency"]) {
        return choice(&["USD", "EUR", "GBP"]);
    }
    if is(&["language", "locale"]) {
        return choice(&["en", "de", "fr"]);
    }
    if is(&["sku", "code", "reference", "number", "slug", "serial"]) {
        let start: String = table.chars().take(3).collect::<String>().to_uppercase();
        return Kind::Template(format!("{start}-{{n}}"));
    }
    if name == "name" {
        let of = |words: &[&str]| words.iter().any(|word| table.contains(word));
        if of(&[
            "customer", "user", "person", "people", "employee", "contact", "actor", "author", "member",
            "staff",
        ]) {
            return Kind::Known(Known::FullName);
        }
        if of(&["compan", "organi", "supplier", "vendor", "store", "shop", "account", "client", "partner"]) {
            return Kind::Known(Known::Company);
        }
    }
    if is(&["title", "subject", "name", "label", "headline"]) && most.is_none_or(|most| most >= 20) {
        return Kind::Words { list: Words::Named("word".to_owned()), count: [1, 2] };
    }
    Kind::Known(if most.is_none_or(|most| most >= 80) { Known::Sentence } else { Known::Word })
}

/// Whether a column says when its row was made.
fn is_beginning(name: &str) -> bool {
    ["created", "inserted", "registered", "joined", "signedup", "ordered", "orderdate"]
        .iter()
        .any(|word| name.starts_with(word))
}

fn moment(relation: &Relation, name: &str) -> Kind {
    let is = |words: &[&str]| words.iter().any(|word| name.contains(word));
    let between = |low, high| Kind::Moment {
        between: Some([low, high]),
        after: None,
        within: [0, 30],
        is_office: true,
    };
    if is(&["birth", "dob"]) {
        return between(-25_000, -7_000);
    }
    if is(&["due", "expire", "deadline", "scheduled", "planned"]) {
        return between(1, 60);
    }
    let beginning = relation
        .columns
        .iter()
        .find(|column| is_beginning(&plain(&column.name)) && plain(&column.name) != name);
    if let (Some(beginning), false) = (beginning, is_beginning(name)) {
        let after = Some(beginning.name.clone());
        return Kind::Moment { between: Some([-3650, -1]), after, within: [0, 30], is_office: true };
    }
    between(-365, -1)
}

/// Whether a default is better left alone: what the row is by itself, and not a time at which nothing happened.
pub(crate) fn is_better_left(attribute: &Attribute) -> bool {
    attribute.has_default
        && !is_beginning(&plain(&attribute.name))
        && !plain(&attribute.name).starts_with("updated")
}

/// Whether NULL is what the column holds as long as nothing has happened.
pub(crate) fn is_better_null(attribute: &Attribute) -> bool {
    let name = plain(&attribute.name);
    !attribute.is_required
        && ["deleted", "cancelled", "canceled", "archived", "removed"]
            .iter()
            .any(|word| name.starts_with(word))
}

/// The same as the file would have said it.
pub(crate) fn given(kind: Kind, place: usize) -> Given {
    Given::new(kind, place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_a_check_are_found() {
        assert_eq!(literals("'a'::text, 'it''s'::character varying"), ["a", "it's"]);
    }

    #[test]
    fn names_are_one_however_they_are_written() {
        assert_eq!(["firstName", "FIRST_NAME", "first name"].map(plain), ["firstname"; 3]);
    }
}
