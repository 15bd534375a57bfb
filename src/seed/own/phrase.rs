//! What a column speaks of: words, days, other columns.

use std::collections::HashSet;

use crate::seed::generate::time::DAY;
use crate::seed::own::column::Spot;
use crate::seed::own::kind::{Kind, Words};
use crate::seed::own::lexicon;
use crate::seed::own::reader::{Wrong, nearest};
use crate::seed::own::template::{Piece, Written, cut};
use crate::seed::own::value::{Moments, Path, Value};

/// Two thousand years less or more: no year has another number of digits than four, and none is before the first.
const MOST_DAYS: i64 = 365 * 1900;

impl Spot<'_> {
    pub(super) fn words(&self, list: &Words, place: usize) -> Result<Vec<String>, Wrong> {
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

    pub(super) fn moments(&self, kind: &Kind, place: usize) -> Result<Moments, Wrong> {
        let Kind::Moment { between, after, within, is_office } = kind else {
            return Err(self.wrong(place, "this is no point in time"));
        };
        let today = self.context.model.reference.seconds();
        let given = between.iter().chain([within]).flatten();
        if given.into_iter().any(|days| days.unsigned_abs() > MOST_DAYS.unsigned_abs()) {
            return Err(self.wrong(place, format!("days are counted from -{MOST_DAYS} to {MOST_DAYS}")));
        }
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

    pub(super) fn pieces(&self, text: &str, place: usize) -> Result<Vec<Piece>, Wrong> {
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

    /// How many rows there are at most.
    pub(super) fn rows(&self) -> u64 {
        let (_, slots, is_scaled) = self.context.volumes[self.table];
        if is_scaled { slots.saturating_mul(self.context.scale) } else { slots }
    }

    /// The same value, made so that no two rows have it.
    pub(super) fn unique(&self, value: Value, place: usize) -> Result<Value, Wrong> {
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
            // What was guessed is widened as far as it takes; what was written is meant.
            Value::Integer([low, high])
                if place != self.context.drafts[self.table].given.place
                    && u128::from(self.rows()) > (i128::from(high) - i128::from(low)).unsigned_abs() + 1 =>
            {
                let message = format!(
                    "it is unique, and {} rows would share the numbers from {low} to {high}",
                    self.rows()
                );
                Err(self.wrong(place, message).help("lower `rows`, or widen `between`"))
            }
            Value::Choice(values) => {
                let rows = self.rows();
                if rows > values.len() as u64 {
                    let message =
                        format!("it is unique, and {rows} rows would share {} values", values.len());
                    return Err(self.wrong(place, message).help("lower `rows`, or set `scaled = false`"));
                }
                let mut known = HashSet::new();
                if let Some((twice, _)) = values.iter().find(|(value, _)| !known.insert(value)) {
                    return Err(
                        self.wrong(place, format!("it is unique, and `{twice}` is among its values twice"))
                    );
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
