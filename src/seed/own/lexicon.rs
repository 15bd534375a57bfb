//! Names, addresses and sentences. What a row says of a person, of a company and of a place fits together, because
//! each is drawn once for the row.

use std::fmt::Write;

use crate::seed::generate::model::slug;
use crate::seed::own::design::Design;
use crate::seed::own::dice::Dice;
use crate::seed::own::form::Form;
use crate::seed::own::kind::Known;
use crate::seed::own::put::number_if;
use crate::seed::own::value::Column;

const PERSON: u64 = 0x7065_7273;
const COMPANY: u64 = 0x636f_6d70;
const PLACE: u64 = 0x706c_6163;

const WORDS: [&str; 60] = [
    "morning", "river", "paper", "garden", "window", "letter", "market", "summer", "bridge", "silver",
    "kitchen", "music", "winter", "corner", "story", "table", "number", "light", "water", "signal", "record",
    "harbor", "field", "engine", "travel", "answer", "season", "copper", "forest", "planet", "camera",
    "ticket", "island", "memory", "button", "pocket", "circle", "shadow", "mirror", "basket", "pencil",
    "anchor", "valley", "castle", "thread", "lantern", "meadow", "orchard", "blanket", "compass", "feather",
    "granite", "journey", "kettle", "ladder", "marble", "needle", "pepper", "saddle", "velvet",
];

const OPENINGS: [&str; 12] = [
    "Works as described",
    "Asked twice about this",
    "Arrived a day early",
    "Needs another look next week",
    "Agreed on the phone",
    "The color is a little darker than expected",
    "Good value for the price",
    "Waiting for an answer",
    "Changed once since then",
    "Nobody else had seen it before",
    "Would do the same again",
    "Sent a short summary afterwards",
];

const CLOSINGS: [&str; 8] = [
    "see the attachment",
    "no further questions",
    "to be continued in spring",
    "everybody was content",
    "the rest is in the file",
    "a copy is with the office",
    "that was all for now",
    "more when it is known",
];

impl Design {
    pub(crate) fn write_known(
        &self,
        column: &Column,
        (known, seed, slot): (Known, u64, u64),
        dice: &mut Dice,
        text: &mut String,
    ) {
        let words = &self.model.vocabulary;
        let is_unique = column.is_unique;
        let word = |dice: &mut Dice, words: &[String]| dice.pick(words).cloned().unwrap_or_default();
        let mut person = Dice::new(seed ^ PERSON, slot);
        let (first, last) = (person.pick(&words.names.first), person.pick(&words.names.last));
        let (first, last) = (first.map_or("", String::as_str), last.map_or("", String::as_str));
        let city = || Dice::new(seed ^ PLACE, slot).pick(&words.cities);
        match known {
            Known::FirstName => text.push_str(first),
            Known::LastName => text.push_str(last),
            Known::FullName => text.extend([first, " ", last]),
            Known::Email => {
                text.extend([&slug(first, ""), ".", &slug(last, "")]);
                number_if(is_unique, slot, "", text);
                text.extend(["@", &slug(&self.company(seed, slot), "-"), ".example"]);
                return;
            }
            Known::Username => text.extend([&slug(first, ""), "_", &slug(last, "")]),
            Known::Company => text.push_str(&self.company(seed, slot)),
            Known::Domain | Known::Url => {
                text.push_str(if known == Known::Url { "https://www." } else { "" });
                text.push_str(&slug(&self.company(seed, slot), "-"));
                number_if(is_unique, slot, "-", text);
                text.push_str(".example");
                return;
            }
            Known::Phone => {
                let area = city().map_or("555", |city| city.area_code.as_str());
                // Writing to a `String` cannot fail.
                let _ = write!(text, "+1 {area}-555-01{:02}", dice.below(100));
            }
            Known::Street | Known::Address => {
                let _ = write!(text, "{} {}", 1 + dice.below(9999), word(dice, &words.streets));
                if let (Known::Address, Some(city)) = (known, city()) {
                    text.extend([", ", &city.city, ", ", &city.state, " ", &city.postal_code]);
                }
            }
            Known::City => text.push_str(city().map_or("", |city| &city.city)),
            Known::State => text.push_str(city().map_or("", |city| &city.state)),
            Known::PostalCode => text.push_str(city().map_or("", |city| &city.postal_code)),
            Known::Country => {
                text.push_str(if matches!(column.form, Form::Text(Some(2 | 3))) {
                    "US"
                } else {
                    "United States"
                });
            }
            Known::JobTitle => text.push_str(&word(dice, &words.job_titles)),
            Known::Department => text.push_str(&word(dice, &words.departments)),
            Known::Word => text.push_str(dice.pick(&WORDS).copied().unwrap_or_default()),
            Known::Sentence => sentences(1, dice, text),
            Known::Paragraph => sentences(2 + dice.below(3), dice, text),
            Known::Color => {
                let _ = write!(text, "#{:06x}", dice.below(1 << 24));
            }
            Known::Ip => {
                // The range that is reserved for documents.
                let _ = write!(text, "203.0.113.{}", dice.below(256));
                text.push_str(if column.form == Form::Address { "/32" } else { "" });
            }
        }
        number_if(is_unique, slot, if known == Known::Username { "" } else { " " }, text);
    }

    fn company(&self, seed: u64, slot: u64) -> String {
        let words = &self.model.vocabulary.companies;
        let mut dice = Dice::new(seed ^ COMPANY, slot);
        let parts = [&words.start, &words.middle, &words.kind].map(|words| dice.pick(words));
        let parts: Vec<&str> =
            parts.into_iter().flatten().map(String::as_str).filter(|part| !part.is_empty()).collect();
        parts.join(" ")
    }
}

fn sentences(count: u64, dice: &mut Dice, text: &mut String) {
    for number in 0..count {
        text.push_str(if number > 0 { " " } else { "" });
        let opening = dice.pick(&OPENINGS).copied().unwrap_or_default();
        let closing = dice.pick(&CLOSINGS).copied().unwrap_or_default();
        text.extend([opening, "; ", closing, "."]);
    }
}

/// The words of `{ kind = "words", of = "word" }`.
pub(crate) fn words() -> Vec<String> {
    WORDS.map(str::to_owned).to_vec()
}
