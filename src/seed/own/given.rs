//! Reading what the file says of a column.

use crate::seed::description::Role;
use crate::seed::own::kind::{Given, Kind, Known, Spread, Words};
use crate::seed::own::reader::{Entry, Section, Wrong, nearest};

/// How they are called.
const KNOWN: [(&str, Known); 22] = [
    ("first_name", Known::FirstName),
    ("last_name", Known::LastName),
    ("full_name", Known::FullName),
    ("email", Known::Email),
    ("username", Known::Username),
    ("company", Known::Company),
    ("phone", Known::Phone),
    ("street", Known::Street),
    ("address", Known::Address),
    ("city", Known::City),
    ("state", Known::State),
    ("postal_code", Known::PostalCode),
    ("country", Known::Country),
    ("url", Known::Url),
    ("domain", Known::Domain),
    ("job_title", Known::JobTitle),
    ("department", Known::Department),
    ("word", Known::Word),
    ("sentence", Known::Sentence),
    ("paragraph", Known::Paragraph),
    ("color", Known::Color),
    ("ip", Known::Ip),
];

const OTHERS: [&str; 19] = [
    "default",
    "null",
    "constant",
    "choice",
    "words",
    "integer",
    "decimal",
    "money",
    "boolean",
    "date",
    "timestamp",
    "reference",
    "user",
    "template",
    "json",
    "array",
    "uuid",
    "serial",
    "number",
];

impl Given {
    pub(crate) fn new(kind: Kind, place: usize) -> Self {
        Self { kind, null: 0, is_unique: false, is_compared: true, place }
    }

    /// A table with `kind`, or a single value, which is a constant, or a list, of which one is chosen.
    pub(crate) fn read(entry: &Entry<'_>) -> Result<Self, Wrong> {
        if entry.is_list() {
            return Ok(Self::new(Kind::Choice(choices(entry)?), entry.place));
        }
        if !entry.is_section() {
            return Ok(Self::new(Kind::Constant(entry.scalar()?), entry.place));
        }
        let mut section = entry.section()?;
        let mut given = Self::new(Kind::Default, entry.place);
        if let Some(null) = section.take("null") {
            given.null = u8::try_from(null.bounded(0, 100)?).unwrap_or(100);
        }
        if let Some(unique) = section.take("unique") {
            given.is_unique = unique.flag()?;
        }
        if let Some(compared) = section.take("compare") {
            given.is_compared = compared.flag()?;
        }
        let Some(kind) = section.take("kind") else {
            let wrong = Wrong::new(entry.place, format!("`{}` has no `kind`", entry.name));
            return Err(wrong.help("write for example `{ kind = \"word\" }`; docs/seed.md lists all kinds"));
        };
        given.kind = read_kind(&kind, &mut section)?;
        section.finish()?;
        Ok(given)
    }
}

fn read_kind(kind: &Entry<'_>, section: &mut Section<'_>) -> Result<Kind, Wrong> {
    let name = kind.text()?;
    if let Some((_, known)) = KNOWN.iter().find(|(known, _)| *known == name) {
        return Ok(Kind::Known(*known));
    }
    let place = kind.value_place();
    Ok(match name.as_str() {
        "default" => Kind::Default,
        "null" => Kind::Null,
        "uuid" => Kind::Uuid,
        "number" => Kind::Number,
        "constant" => Kind::Constant(required(section, "value", place)?.scalar()?),
        "choice" => Kind::Choice(choices(&required(section, "values", place)?)?),
        "words" => words(section, place)?,
        "integer" => Kind::Integer(required(section, "between", place)?.range()?),
        "decimal" | "money" => decimal(section, place)?,
        "boolean" => Kind::Boolean {
            percent: match section.take("percent") {
                Some(percent) => u8::try_from(percent.bounded(0, 100)?).unwrap_or(100),
                None => 50,
            },
        },
        "date" | "timestamp" => moment(section)?,
        "reference" => reference(section)?,
        "user" => Kind::User(section.take("role").map(|role| self::role(&role)).transpose()?),
        "template" => Kind::Template(required(section, "text", place)?.text()?),
        "json" => {
            let mut fields = required(section, "fields", place)?.section()?;
            let read = |entry: &Entry<'_>| Ok((entry.name.clone(), Given::read(entry)?));
            Kind::Json(fields.rest().iter().map(read).collect::<Result<_, Wrong>>()?)
        }
        "array" => Kind::Array {
            of: Box::new(Given::read(&required(section, "of", place)?)?),
            length: counts(section.take("length"), [0, 3], MOST_IN_A_ROW)?,
        },
        "serial" => Kind::Serial { start: section.take("start").map(|start| start.whole()).transpose()? },
        _ => {
            let names: Vec<&str> = KNOWN.iter().map(|(name, _)| *name).chain(OTHERS).collect();
            let wrong = Wrong::new(place, format!("there is no kind `{name}`"));
            return Err(wrong.help(nearest(&name, &names)));
        }
    })
}

fn required<'doc>(
    section: &mut Section<'doc>,
    name: &'static str,
    place: usize,
) -> Result<Entry<'doc>, Wrong> {
    section.take(name).ok_or_else(|| Wrong::new(place, format!("this kind needs `{name}`")))
}

/// Words of a text and elements of an array: a row is made in memory.
const MOST_IN_A_ROW: i64 = 10_000;

fn counts(entry: Option<Entry<'_>>, default: [u64; 2], most: i64) -> Result<[u64; 2], Wrong> {
    let Some(entry) = entry else { return Ok(default) };
    if !entry.is_list() {
        let count = entry.bounded(0, most)?;
        return Ok([count, count]);
    }
    let [low, high] = entry.range()?;
    for item in entry.list()? {
        item.bounded(0, most)?;
    }
    Ok([low.unsigned_abs(), high.unsigned_abs()])
}

/// A number, or the least and the greatest.
pub(crate) fn each(entry: Option<Entry<'_>>) -> Result<[u64; 2], Wrong> {
    counts(entry, [1, 1], 1_000_000)
}

/// A list, of which all are alike, or a table of weights.
fn choices(entry: &Entry<'_>) -> Result<Vec<(String, u32)>, Wrong> {
    let choices: Vec<(String, u32)> = if entry.is_list() {
        entry.list()?.iter().map(|item| Ok((item.scalar()?, 1))).collect::<Result<_, Wrong>>()?
    } else {
        let weight = |item: &Entry<'_>| {
            Ok((item.name.clone(), u32::try_from(item.bounded(0, 1_000_000)?).unwrap_or(u32::MAX)))
        };
        entry.section()?.rest().iter().map(weight).collect::<Result<_, Wrong>>()?
    };
    if choices.iter().all(|(_, weight)| *weight == 0) {
        return Err(Wrong::new(entry.value_place(), "there is nothing to choose from"));
    }
    Ok(choices)
}

fn words(section: &mut Section<'_>, place: usize) -> Result<Kind, Wrong> {
    let of = required(section, "of", place)?;
    let list = if of.is_text() {
        Words::Named(of.text()?)
    } else {
        Words::These(of.list()?.iter().map(Entry::text).collect::<Result<_, Wrong>>()?)
    };
    Ok(Kind::Words { list, count: counts(section.take("count"), [1, 1], MOST_IN_A_ROW)? })
}

/// Numbers with decimals are read as texts: a float would not say what was written.
fn decimal(section: &mut Section<'_>, place: usize) -> Result<Kind, Wrong> {
    let places = match section.take("places") {
        Some(places) => u32::try_from(places.bounded(0, 9)?).unwrap_or(2),
        None => 2,
    };
    let between = required(section, "between", place)?;
    let items = between.list()?;
    let [low, high] = items.as_slice() else {
        return Err(Wrong::new(between.value_place(), "`between` must be a list of two numbers"));
    };
    let number = |entry: &Entry<'_>| {
        units(&entry.scalar()?, places).ok_or_else(|| {
            let message = format!("this is no number of at most {places} decimal places");
            Wrong::new(entry.value_place(), message)
        })
    };
    let between = [number(low)?, number(high)?];
    if between[0] > between[1] {
        return Err(Wrong::new(place, "`between` begins above its end"));
    }
    Ok(Kind::Decimal { between, places })
}

/// `12.5` with two places is 1250.
pub(crate) fn units(text: &str, places: u32) -> Option<i64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let rest = rest.trim_end_matches('0');
    let missing = usize::try_from(places).ok()?.checked_sub(rest.len())?;
    format!("{whole}{rest}{}", "0".repeat(missing)).parse().ok()
}

fn moment(section: &mut Section<'_>) -> Result<Kind, Wrong> {
    let range = |entry: Option<Entry<'_>>| entry.map(|entry| entry.range()).transpose();
    let is_office = match section.take("hours") {
        None => true,
        Some(hours) => match hours.text()?.as_str() {
            "office" => true,
            "any" => false,
            _ => return Err(Wrong::new(hours.value_place(), "`hours` is \"office\" or \"any\"")),
        },
    };
    Ok(Kind::Moment {
        between: range(section.take("between"))?,
        after: section.take("after").map(|after| after.text()).transpose()?,
        within: range(section.take("within"))?.unwrap_or([0, 30]),
        is_office,
    })
}

fn reference(section: &mut Section<'_>) -> Result<Kind, Wrong> {
    let spread = match section.take("spread") {
        None => Spread::Even,
        Some(spread) => match spread.text()?.as_str() {
            "even" => Spread::Even,
            "zipf" => Spread::Zipf,
            _ => return Err(Wrong::new(spread.value_place(), "`spread` is \"even\" or \"zipf\"")),
        },
    };
    let text = |entry: Option<Entry<'_>>| entry.map(|entry| entry.text()).transpose();
    Ok(Kind::Reference { to: text(section.take("to"))?, column: text(section.take("column"))?, spread })
}

/// One of the roles of users.toml.
pub(crate) fn role(entry: &Entry<'_>) -> Result<Role, Wrong> {
    let name = entry.text()?;
    role_named(&name).ok_or_else(|| unknown_role(&name, entry.value_place()))
}

pub(crate) fn role_named(name: &str) -> Option<Role> {
    Role::ALL.into_iter().find(|role| role.as_str() == name)
}

pub(crate) fn unknown_role(name: &str, place: usize) -> Wrong {
    let wrong = Wrong::new(place, format!("there is no role `{name}`"));
    wrong.help(nearest(name, &Role::ALL.map(Role::as_str)))
}
