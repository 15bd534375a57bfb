//! Making values. Each hangs on its column and its row alone, so it is made wherever it is spoken of.

use crate::seed::generate::Table;
use crate::seed::generate::model::slug;
use crate::seed::generate::time::Moment;
use crate::seed::identifier::own_row_id;
use crate::seed::own::design::{Design, Volume};
use crate::seed::own::dice::Dice;
use crate::seed::own::form::{Form, put_quoted};
use crate::seed::own::put::{
    draw_at_work, is_bare, number_if, put, put_element, put_moment, put_number, seconds, shorten,
};
use crate::seed::own::template::{Change, Piece};
use crate::seed::own::value::{Column, Moments, Parent, Path, Target, Value};

/// What tells the draw of NULL from that of the value.
const NULL: u64 = 0x6e75_6c6c;

/// From the year 1 to the year 9999, in seconds since 1970: what lies outside is written otherwise.
const YEARS: [i64; 2] = [-62_135_596_800, 253_402_300_799];

/// A row.
#[derive(Debug, Clone, Copy)]
pub(crate) struct At {
    pub(crate) table: usize,
    pub(crate) slot: u64,
}

impl Design {
    /// Appends the value of a column to `text`; false where it is NULL. `turn` tells the elements of an array apart.
    pub(crate) fn write(&self, column: &Column, at: At, turn: u64, text: &mut String) -> bool {
        let slot = at.slot;
        if column.null > 0 && Dice::new(column.seed ^ NULL, slot).percent(column.null) {
            return false;
        }
        let start = text.len();
        let mut dice = Dice::new(column.seed.wrapping_add(turn), slot);
        let is_there = self.write_value(column, at, &mut dice, text);
        if let (true, Form::Text(Some(most))) = (is_there, &column.form) {
            shorten(text, start, *most);
        }
        is_there
    }

    fn write_value(&self, column: &Column, at: At, dice: &mut Dice, text: &mut String) -> bool {
        let At { table, slot } = at;
        let own = &self.tables[table];
        match &column.value {
            Value::Null => return false,
            Value::Constant(value) => text.push_str(value),
            Value::Choice(values) => {
                let drawn = dice.below(values.last().map_or(1, |(_, sum)| *sum));
                let place = values.partition_point(|(_, sum)| *sum <= drawn);
                text.push_str(&values[place.min(values.len() - 1)].0);
            }
            Value::EachOnce(values) => {
                let place = usize::try_from(slot).unwrap_or(usize::MAX).min(values.len() - 1);
                text.push_str(&values[place]);
            }
            Value::Known(known) => self.write_known(column, (*known, own.seed, slot), dice, text),
            Value::Words { words, count } => {
                let count = dice.between(count[0].cast_signed(), count[1].cast_signed());
                for number in 0..count {
                    text.push_str(if number > 0 { " " } else { "" });
                    text.push_str(dice.pick(words).map_or("", String::as_str));
                }
                number_if(column.is_unique, slot, " ", text);
            }
            Value::Integer([low, high]) => {
                let number = if column.is_unique {
                    low.saturating_add_unsigned(slot)
                } else {
                    dice.between(*low, *high)
                };
                put_number(text, number, 0, &column.form);
            }
            Value::Decimal { between: [low, high], places } => {
                put_number(text, dice.between(*low, *high), *places, &column.form);
            }
            Value::Boolean(percent) => text.push_str(if dice.percent(*percent) { "true" } else { "false" }),
            Value::Moment(moments) => match self.moment(moments, at, dice) {
                Some(moment) => put_moment(text, moment, &column.form),
                None => return false,
            },
            Value::Linked { link, target } => {
                let Some(parent) = self.linked(table, *link, slot) else { return false };
                return self.write_target(own.links[*link].parent, *target, parent, text);
            }
            Value::User(place) => {
                let place = place.unwrap_or_else(|| self.owner(table, slot));
                put(text, self.model.owners[place].id);
            }
            Value::Template(pieces) => return self.write_pieces(pieces, at, dice, text),
            Value::Json(fields) => self.write_json(fields, at, text),
            Value::Array { of, length } => self.write_array((of, *length), at, dice, text),
            Value::Uuid => put(text, own_row_id(own.seed, slot)),
            Value::Serial(start) => put(text, start.saturating_add_unsigned(slot)),
            Value::Number => put_number(text, self.number(table, slot).cast_signed(), 0, &column.form),
        }
        true
    }

    /// The number of a row, from 1: within its parent if it has one.
    fn number(&self, table: usize, slot: u64) -> u64 {
        match self.tables[table].volume {
            Volume::Per { high, .. } => slot % high + 1,
            Volume::All | Volume::Roles(_) => slot + 1,
        }
    }

    fn write_target(&self, parent: Parent, target: Target, slot: u64, text: &mut String) -> bool {
        match (parent, target) {
            (Parent::Crm(table), Target::CrmId) => match self.model.shared_id(table, slot) {
                Some(id) => put(text, id),
                None => return false,
            },
            (Parent::Crm(table), Target::CrmCreated | Target::Own(_)) => {
                put(text, self.crm_created(table, slot));
            }
            (Parent::Own(table), Target::Own(place)) => {
                return self.write(&self.tables[table].columns[place], At { table, slot }, 0, text);
            }
            (Parent::Own(_), Target::CrmId | Target::CrmCreated) => return false,
        }
        true
    }

    /// When a row of the CRM was made, as far as that is known without making it.
    fn crm_created(&self, table: Table, place: u64) -> Moment {
        let Some((owner, index)) = self.model.at_place(table, place) else { return self.model.beginning };
        match table {
            Table::Organizations => self.model.organization(owner, index).created,
            Table::Contacts => self.model.contact(owner, index).created,
            Table::Opportunities => self.model.opportunity(owner, index).created,
            Table::Segments
            | Table::Tags
            | Table::OrganizationTags
            | Table::ContactTags
            | Table::ContactNotes
            | Table::Products
            | Table::OpportunityProducts
            | Table::OpportunityNotes
            | Table::Tasks
            | Table::Activities => self.model.beginning,
        }
    }

    fn write_path(&self, path: Path, at: At, text: &mut String) -> bool {
        let At { table, slot } = at;
        match path {
            Path::Same(place) => self.write(&self.tables[table].columns[place], at, 0, text),
            Path::Of { link, target } => match self.linked(table, link, slot) {
                Some(parent) => {
                    self.write_target(self.tables[table].links[link].parent, target, parent, text)
                }
                None => false,
            },
        }
    }

    fn write_pieces(&self, pieces: &[Piece], at: At, dice: &mut Dice, text: &mut String) -> bool {
        for piece in pieces {
            match piece {
                Piece::Text(plain) => text.push_str(plain),
                Piece::Number => put(text, at.slot + 1),
                Piece::Word(words) => text.push_str(dice.pick(words).map_or("", String::as_str)),
                Piece::Column(path, change) => {
                    let start = text.len();
                    // A text with something missing in it would be none.
                    if !self.write_path(*path, at, text) {
                        return false;
                    }
                    let changed = match change {
                        Change::Nothing => continue,
                        Change::Lower => text[start..].to_lowercase(),
                        Change::Upper => text[start..].to_uppercase(),
                        Change::Slug => slug(&text[start..], "-"),
                    };
                    text.truncate(start);
                    text.push_str(&changed);
                }
            }
        }
        true
    }

    /// Fields stand in the order in which the server writes them.
    fn write_json(&self, fields: &[(String, Column)], at: At, text: &mut String) {
        let mut value = String::new();
        text.push('{');
        for (index, (name, column)) in fields.iter().enumerate() {
            text.push_str(if index > 0 { ", " } else { "" });
            put_quoted(text, name);
            text.push_str(": ");
            value.clear();
            if !self.write(column, at, 0, &mut value) {
                text.push_str("null");
            } else if is_bare(&column.value, &value) {
                text.push_str(&value);
            } else {
                put_quoted(text, &value);
            }
        }
        text.push('}');
    }

    fn write_array(&self, (of, length): (&Column, [u64; 2]), at: At, dice: &mut Dice, text: &mut String) {
        let count = dice.between(length[0].cast_signed(), length[1].cast_signed());
        let mut value = String::new();
        text.push('{');
        for turn in 0..count.unsigned_abs() {
            text.push_str(if turn > 0 { "," } else { "" });
            value.clear();
            if self.write(of, at, turn + 1, &mut value) {
                put_element(text, &value);
            } else {
                text.push_str("NULL");
            }
        }
        text.push('}');
    }

    fn moment(&self, moments: &Moments, at: At, dice: &mut Dice) -> Option<i64> {
        let [mut low, mut high] = moments.between.unwrap_or(YEARS);
        if let Some(path) = moments.after {
            let mut text = String::new();
            if !self.write_path(path, at, &mut text) {
                return None;
            }
            let after = seconds(&text)?;
            low = low.max(after.saturating_add(moments.within[0]));
            high = high.min(after.saturating_add(moments.within[1]));
            // Yesterday's end comes before what is younger: then the two are at one time.
            high = high.max(low);
        }
        // A row that follows many others in time must still be one that can be written.
        let [low, high] = [low, high].map(|moment| moment.clamp(YEARS[0], YEARS[1]));
        Some(if moments.is_office { draw_at_work(dice, low, high) } else { dice.between(low, high) })
    }
}
