//! From a kind to what is drawn: whether it fits the type, and what it speaks of.

use crate::seed::description::Role;
use crate::seed::own::compile::{Chosen, Context};
use crate::seed::own::dice::seed_of;
use crate::seed::own::form::{Form, has_room};
use crate::seed::own::kind::{Given, Kind, Known};
use crate::seed::own::links::Links;
use crate::seed::own::reader::Wrong;
use crate::seed::own::value::{Column, Value};

/// Where a column is being made.
pub(super) struct Spot<'a> {
    pub(super) context: &'a Context<'a>,
    pub(super) table: usize,
    pub(super) links: &'a Links,
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

    pub(super) fn wrong(&self, place: usize, message: impl std::fmt::Display) -> Wrong {
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
            Kind::Integer(_)
            | Kind::Decimal { .. }
            | Kind::Boolean { .. }
            | Kind::Moment { .. }
            | Kind::User(_)
            | Kind::Template(_)
            | Kind::Json(_)
            | Kind::Array { .. }
            | Kind::Uuid
            | Kind::Serial { .. }
            | Kind::Number => self.made(&given.kind, form, place)?,
        })
    }

    /// Values that are computed and not taken from a list.
    fn made(&self, kind: &Kind, form: &Form, place: usize) -> Result<Value, Wrong> {
        let fits = |what: &str, fits: bool| {
            self.must_fit(place, what, fits || form.is_text() || *form == Form::Other)
        };
        Ok(match kind {
            Kind::Default
            | Kind::Null
            | Kind::Reference { .. }
            | Kind::Constant(_)
            | Kind::Known(_)
            | Kind::Choice(_)
            | Kind::Words { .. } => Value::Null,
            Kind::Integer(between) => self.integer(*between, form, place)?,
            Kind::Decimal { between, places } => {
                let fit = match form {
                    Form::Numeric(Some((_, scale))) => scale >= places,
                    form => matches!(form, Form::Numeric(None) | Form::Float),
                };
                fits(&format!("a number with {places} decimal places"), fit)?;
                self.must_have_room(between, *places, form, place)?;
                Value::Decimal { between: *between, places: *places }
            }
            Kind::Boolean { percent } => {
                fits("true or false", *form == Form::Boolean)?;
                Value::Boolean(*percent)
            }
            Kind::Moment { .. } => {
                fits("a point in time", matches!(form, Form::Date | Form::Time | Form::Timestamp { .. }))?;
                Value::Moment(self.moments(kind, place)?)
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

    fn integer(&self, [low, high]: [i64; 2], form: &Form, place: usize) -> Result<Value, Wrong> {
        let is_in_range = match form {
            Form::Integer { least, most } => low >= *least && high <= *most,
            form => matches!(form, Form::Numeric(_) | Form::Float | Form::Text(_) | Form::Other),
        };
        self.must_fit(place, &format!("a number from {low} to {high}"), is_in_range)?;
        self.must_have_room(&[low, high], 0, form, place)?;
        Ok(Value::Integer([low, high]))
    }

    /// Numbers in units of so many places must not have more digits than the column.
    fn must_have_room(
        &self,
        between: &[i64; 2],
        places: u32,
        form: &Form,
        place: usize,
    ) -> Result<(), Wrong> {
        let Form::Numeric(Some(bounds)) = form else { return Ok(()) };
        let has_room = between.iter().all(|number| has_room(*bounds, *number, places));
        self.must_fit(place, "the greatest of these numbers", has_room)
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
                Kind::Default
                | Kind::Null
                | Kind::Constant(_)
                | Kind::Known(_)
                | Kind::Choice(_)
                | Kind::Words { .. }
                | Kind::Boolean { .. }
                | Kind::Reference { .. }
                | Kind::User(_)
                | Kind::Template(_)
                | Kind::Uuid
                | Kind::Serial { .. }
                | Kind::Number => Form::Text(None),
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
        let rows = self.rows();
        if let Form::Integer { most, .. } = form
            && start.checked_add_unsigned(rows).is_none_or(|end| end > *most)
        {
            return Err(
                self.wrong(place, format!("{rows} rows from {start} on exceed the type {}", self.definition))
            );
        }
        Ok(Value::Serial(start))
    }
}
