//! From a kind to what is drawn: whether it fits the type, and what it speaks of.

use crate::seed::description::Role;
use crate::seed::own::compile::{Chosen, Context};
use crate::seed::own::dice::seed_of;
use crate::seed::own::form::Form;
use crate::seed::own::kind::{Given, Kind, Known, Words};
use crate::seed::own::lexicon;
use crate::seed::own::links::Links;
use crate::seed::own::reader::{Wrong, nearest};
use crate::seed::own::template::{Piece, Written, cut};
use crate::seed::own::value::{Column, Moments, Path, Value};

/// Seconds of a day.
const DAY: i64 = 24 * 3600;

/// Where a column is being made.
struct Spot<'a> {
    context: &'a Context<'a>,
    table: usize,
    links: &'a Links,
    /// As errors call it.
    name: String,
    definition: &'a str,
}

impl Context<'_> {
    pub(crate) fn column(&self, table: usize, links: &Links, chosen: &Chosen<'_>) -> Result<Column, Wrong> {
        let name = &chosen.attribute.name;
        let draft = &self.drafts[table];
        let given = &chosen.given;
        let is_unique = given.is_unique || draft.unique().iter().any(|unique| unique[..] == [name.clone()]);
        if chosen.attribute.is_required && (given.null > 0 || given.kind == Kind::Null) {
            let message = format!("`{name}` of `{}` cannot be NULL", draft.given.label);
            return Err(Wrong::new(given.place, message));
        }
        if let Some((link, target)) = links.columns.get(name) {
            return Ok(Column {
                name: name.clone(),
                seed: 0,
                // The link itself is missing in so many rows.
                null: 0,
                is_unique: false,
                form: chosen.form.clone(),
                value: Value::Linked { link: *link, target: *target },
            });
        }
        let spot = Spot {
            context: self,
            table,
            links,
            name: name.clone(),
            definition: &chosen.attribute.definition,
        };
        spot.column(given, &chosen.form, is_unique)
    }
}

impl Spot<'_> {
    fn column(&self, given: &Given, form: &Form, is_unique: bool) -> Result<Column, Wrong> {
        let table = &self.context.drafts[self.table].given.table;
        let value = self.value(given, form)?;
        let value = if is_unique { self.unique(value, given.place)? } else { value };
        Ok(Column {
            name: self.name.clone(),
            seed: seed_of(self.context.seed, &[&table.schema, &table.name, "column", &self.name]),
            null: given.null,
            is_unique,
            form: form.clone(),
            value,
        })
    }

    fn wrong(&self, place: usize, message: impl std::fmt::Display) -> Wrong {
        let label = &self.context.drafts[self.table].given.label;
        Wrong::new(place, format!("`{}` of `{label}`: {message}", self.name))
    }

    fn must_fit(&self, place: usize, what: &str, fits: bool) -> Result<(), Wrong> {
        if fits {
            return Ok(());
        }
        Err(self.wrong(place, format!("{what} does not fit the type {}", self.definition)))
    }

    fn value(&self, given: &Given, form: &Form) -> Result<Value, Wrong> {
        let place = given.place;
        let fits = |what: &str, fits: bool| {
            self.must_fit(place, what, fits || form.is_text() || *form == Form::Other)
        };
        let canonical = |value: &str| {
            form.canonical(value).map_err(|(message, help)| {
                let wrong = self.wrong(place, message);
                match help {
                    Some(help) => wrong.help(help),
                    None => wrong,
                }
            })
        };
        Ok(match &given.kind {
            Kind::Default | Kind::Null | Kind::Reference { .. } => Value::Null,
            Kind::Constant(value) => Value::Constant(canonical(value)?),
            Kind::Known(known) => {
                fits("such a text", *known == Known::Ip && *form == Form::Address)?;
                Value::Known(*known)
            }
            Kind::Choice(choices) => {
                let mut sum = 0;
                let add = |(value, weight): &(String, u32)| {
                    sum += u64::from(*weight);
                    Ok((canonical(value)?, sum))
                };
                Value::Choice(choices.iter().map(add).collect::<Result<_, Wrong>>()?)
            }
            Kind::Words { list, count } => {
                fits("a text", false)?;
                Value::Words { words: self.words(list, place)?, count: *count }
            }
            Kind::Integer(_) | Kind::Decimal { .. } | Kind::Boolean { .. } => {
                self.number(&given.kind, form, place)?
            }
            Kind::Moment { .. } => {
                fits("a point in time", matches!(form, Form::Date | Form::Time | Form::Timestamp { .. }))?;
                Value::Moment(self.moments(&given.kind, place)?)
            }
            Kind::User(role) => {
                fits("a user's id", *form == Form::Uuid)?;
                Value::User(role.and_then(|role| Role::ALL.iter().position(|other| *other == role)))
            }
            Kind::Template(text) => Value::Template(self.pieces(text, place)?),
            Kind::Json(fields) => self.json(fields, form, place)?,
            Kind::Array { of, length } => {
                let Form::Array(element) = form else {
                    return Err(
                        self.wrong(place, format!("an array does not fit the type {}", self.definition))
                    );
                };
                Value::Array { of: Box::new(self.nested("element", of, element)?), length: *length }
            }
            Kind::Uuid => {
                fits("a uuid", *form == Form::Uuid)?;
                Value::Uuid
            }
            Kind::Serial { start } => self.serial(*start, form, place)?,
            Kind::Number => {
                fits("a number", matches!(form, Form::Integer { .. } | Form::Numeric(_)))?;
                Value::Number
            }
        })
    }

    /// Numbers and truth values.
    fn number(&self, kind: &Kind, form: &Form, place: usize) -> Result<Value, Wrong> {
        let fits = |what: &str, fits: bool| self.must_fit(place, what, fits || form.is_text());
        Ok(match kind {
            Kind::Integer([low, high]) => {
                let is_in_range = match form {
                    Form::Integer { least, most } => low >= least && high <= most,
                    form => matches!(form, Form::Numeric(_) | Form::Float),
                };
                fits(&format!("a number from {low} to {high}"), is_in_range)?;
                Value::Integer([*low, *high])
            }
            Kind::Decimal { between, places } => {
                let fit = match form {
                    Form::Numeric(None) | Form::Float => true,
                    Form::Numeric(Some((_, scale))) => scale >= places,
                    _ => false,
                };
                fits(&format!("a number with {places} decimal places"), fit)?;
                Value::Decimal { between: *between, places: *places }
            }
            Kind::Boolean { percent } => {
                fits("true or false", *form == Form::Boolean)?;
                Value::Boolean(*percent)
            }
            _ => Value::Null,
        })
    }

    fn nested(&self, name: &str, given: &Given, form: &Form) -> Result<Column, Wrong> {
        let spot = Spot { name: format!("{}.{name}", self.name), ..*self };
        spot.column(given, form, given.is_unique)
    }

    fn json(&self, fields: &[(String, Given)], form: &Form, place: usize) -> Result<Value, Wrong> {
        self.must_fit(place, "JSON", matches!(form, Form::Json { .. } | Form::Text(_)))?;
        let mut columns = Vec::new();
        for (name, given) in fields {
            let form = match given.kind {
                Kind::Json(_) => form.clone(),
                Kind::Moment { .. } => Form::Timestamp { has_zone: true },
                Kind::Integer(_) | Kind::Decimal { .. } => Form::Float,
                Kind::Array { .. } => {
                    return Err(self
                        .wrong(given.place, "an array in JSON can only be a constant of the whole column"));
                }
                _ => Form::Text(None),
            };
            columns.push((name.clone(), self.nested(name, given, &form)?));
        }
        if *form == (Form::Json { is_binary: true }) {
            columns.sort_by(|(a, _), (b, _)| (a.len(), a.as_bytes()).cmp(&(b.len(), b.as_bytes())));
        }
        Ok(Value::Json(columns))
    }

    /// Ids of a range that the database's own numbers do not reach: so users' rows and these never meet.
    fn serial(&self, start: Option<i64>, form: &Form, place: usize) -> Result<Value, Wrong> {
        /// What is less would be given to users' rows by the database.
        const LEAST: i64 = 10_000;
        let default = match form {
            Form::Integer { most, .. } if *most <= i16::MAX.into() => 20_000,
            Form::Integer { most, .. } if *most <= i32::MAX.into() => 1_500_000_000,
            _ => 5_000_000_000_000,
        };
        self.must_fit(place, "a number", matches!(form, Form::Integer { .. } | Form::Numeric(_)))?;
        let start = start.unwrap_or(default);
        if start < LEAST {
            let wrong = self.wrong(
                place,
                format!("`start` is {start}: rows that people add would have the same numbers"),
            );
            return Err(wrong.help(format!("leave `start` out, or set it to {LEAST} at least")));
        }
        let (_, slots, is_scaled) = self.context.volumes[self.table];
        let rows = if is_scaled { slots.saturating_mul(self.context.scale) } else { slots };
        if let Form::Integer { most, .. } = form
            && start.checked_add_unsigned(rows).is_none_or(|end| end > *most)
        {
            return Err(
                self.wrong(place, format!("{rows} rows from {start} on exceed the type {}", self.definition))
            );
        }
        Ok(Value::Serial(start))
    }

    fn words(&self, list: &Words, place: usize) -> Result<Vec<String>, Wrong> {
        let name = match list {
            Words::These(words) if words.is_empty() => {
                return Err(self.wrong(place, "the list of words is empty"));
            }
            Words::These(words) => return Ok(words.clone()),
            Words::Named(name) => name,
        };
        if let Some(words) = self.context.description.words.get(name) {
            return Ok(words.clone());
        }
        let vocabulary = &self.context.model.vocabulary;
        Ok(match name.as_str() {
            "word" => lexicon::words(),
            "industries" => vocabulary.industries.clone(),
            "departments" => vocabulary.departments.clone(),
            "job_titles" => vocabulary.job_titles.clone(),
            "streets" => vocabulary.streets.clone(),
            "first_names" => vocabulary.names.first.clone(),
            "last_names" => vocabulary.names.last.clone(),
            _ => {
                let own = self.context.description.words.keys().map(String::as_str);
                let known = [
                    "word",
                    "industries",
                    "departments",
                    "job_titles",
                    "streets",
                    "first_names",
                    "last_names",
                ];
                let names: Vec<&str> = own.chain(known).collect();
                return Err(self
                    .wrong(place, format!("there is no list `{name}` under `[words]`"))
                    .help(nearest(name, &names)));
            }
        })
    }

    fn moments(&self, kind: &Kind, place: usize) -> Result<Moments, Wrong> {
        let Kind::Moment { between, after, within, is_office } = kind else {
            return Err(self.wrong(place, "this is no point in time"));
        };
        let today = self.context.model.reference.seconds();
        // To the end of the last day, but never into "today" from behind.
        let days = |[first, last]: [i64; 2]| [today + first * DAY, today + (last + 1) * DAY - 1];
        let between = match (between, after) {
            (Some(between), _) => Some(days(*between)),
            (None, Some(_)) => None,
            (None, None) => Some(days([-365, -1])),
        };
        let after = after.as_ref().map(|name| self.path(name, place)).transpose()?;
        Ok(Moments { between, after, within: within.map(|days| days * DAY), is_office: *is_office })
    }

    fn pieces(&self, text: &str, place: usize) -> Result<Vec<Piece>, Wrong> {
        let mut pieces = Vec::new();
        for written in cut(text).map_err(|message| self.wrong(place, message))? {
            pieces.push(match written {
                Written::Text(text) => Piece::Text(text),
                Written::Name { name: "n", .. } => Piece::Number,
                Written::Name { name, change } => match name.strip_prefix("words.") {
                    Some(list) => Piece::Word(self.words(&Words::Named(list.to_owned()), place)?),
                    None => Piece::Column(self.path(name, place)?, change),
                },
            });
        }
        Ok(pieces)
    }

    /// `column`, or `referring_column.column`.
    fn path(&self, name: &str, place: usize) -> Result<Path, Wrong> {
        let draft = &self.context.drafts[self.table];
        if let Some(column) = draft.place_of(name) {
            return Ok(Path::Same(column));
        }
        let linked =
            name.split_once('.').and_then(|(own, column)| Some((self.links.columns.get(own)?, column)));
        let Some(((link, _), column)) = linked else {
            let names: Vec<&str> = draft.chosen.iter().map(|chosen| chosen.attribute.name.as_str()).collect();
            return Err(self
                .wrong(place, format!("no column `{name}` is written"))
                .help(nearest(name, &names)));
        };
        let target = self.context.target(self.links.links[*link].parent, column, place)?;
        Ok(Path::Of { link: *link, target })
    }

    /// The same value, made so that no two rows have it.
    fn unique(&self, value: Value, place: usize) -> Result<Value, Wrong> {
        let is_distinct = |piece: &Piece| match piece {
            Piece::Number => true,
            Piece::Column(Path::Same(column), _) => {
                let chosen = &self.context.drafts[self.table].chosen[*column];
                let name = &chosen.attribute.name;
                self.context.drafts[self.table].unique().iter().any(|unique| unique[..] == [name.clone()])
            }
            Piece::Column(Path::Of { .. }, _) | Piece::Text(_) | Piece::Word(_) => false,
        };
        match value {
            Value::Choice(values) => {
                let (_, slots, is_scaled) = self.context.volumes[self.table];
                let rows = if is_scaled { slots.saturating_mul(self.context.scale) } else { slots };
                if rows > values.len() as u64 {
                    let message =
                        format!("it is unique, and {rows} rows would share {} values", values.len());
                    return Err(self.wrong(place, message).help("lower `rows`, or set `scaled = false`"));
                }
                Ok(Value::EachOnce(values.into_iter().map(|(value, _)| value).collect()))
            }
            Value::Template(pieces) if !pieces.iter().any(is_distinct) => Err(self
                .wrong(place, "it is unique, and the template may give two rows the same")
                .help("put `{n}`, the number of the row, into the text")),
            Value::Constant(_)
            | Value::Decimal { .. }
            | Value::Boolean(_)
            | Value::Moment(_)
            | Value::Json(_)
            | Value::Array { .. } => Err(self
                .wrong(place, "it is unique, and values of this kind may repeat")
                .help("use a `template` with `{n}`, `serial`, `integer` or `uuid`")),
            value => Ok(value),
        }
    }
}
