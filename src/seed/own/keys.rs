//! By what a generated row is found again, and told from rows that people add.

use crate::pg::{identifier, literal, text_array};
use crate::seed::identifier::RANGE;
use crate::seed::own::compile::Context;
use crate::seed::own::design::{Design, Own};
use crate::seed::own::form::Form;
use crate::seed::own::reader::Wrong;
use crate::seed::own::template::Piece;
use crate::seed::own::value::{Column, How, Parent, Path, Target, Value};
use crate::seed::shape::{ALIAS, Shape};

/// Rows that a table can have at most from the start of its numbers on.
const ROOM: i64 = 1_000_000_000_000;

impl Context<'_> {
    pub(crate) fn shape(&self, table: usize) -> Result<Shape, Wrong> {
        let draft = &self.drafts[table];
        let Some(key) = draft.key() else {
            let wrong = Wrong::new(
                draft.given.place,
                format!("`{}` has no key by which its rows are found again", draft.given.label),
            );
            return Err(wrong.help("name the columns that tell rows apart: `key = [\"...\"]`"));
        };
        if let Some(column) = key.iter().find(|column| draft.place_of(column).is_none()) {
            let label = &draft.given.label;
            let wrong = Wrong::new(
                draft.given.place,
                format!("`{column}`, a part of the key of `{label}`, is not written"),
            );
            return Err(wrong.help(format!("describe it under `[tables.{label}.columns]`")));
        }
        Ok(Shape {
            table: draft.given.table.clone(),
            columns: draft.chosen.iter().map(|chosen| chosen.attribute.name.clone()).collect(),
            compared: draft
                .chosen
                .iter()
                .map(|chosen| chosen.given.is_compared && chosen.form.is_known())
                .collect(),
            key: key.to_vec(),
            mark: String::new(),
            has_second_key: false,
            is_touched: false,
        })
    }

    /// The same design with the marks of all tables.
    pub(crate) fn marked(&self, mut design: Design) -> Result<Design, Wrong> {
        acyclic(&design).map_err(|(table, column)| {
            let draft = &self.drafts[table];
            let chosen = &draft.chosen[column];
            let message = format!("`{}` of `{}` is made of itself", chosen.attribute.name, draft.given.label);
            Wrong::new(chosen.given.place, message)
        })?;
        for table in 0..design.tables.len() {
            let own = &design.tables[table];
            let key: Vec<&Column> =
                own.shape.key_places().into_iter().map(|place| &own.columns[place]).collect();
            let mark_of = |column: &&Column| mark(&design, own, column, &column.name);
            let marks: Vec<String> = key.iter().filter_map(mark_of).collect();
            // People add rows of the test users too, and of the same sort: beside a number that tells nothing.
            let is_anybody_s = |column: &Column| matches!(column.value, Value::User(_) | Value::Constant(_));
            let tells = |column: &&Column| !is_anybody_s(column) && mark_of(column).is_some();
            if marks.is_empty() || (key.len() > 1 && !key.iter().any(tells)) {
                let given = self.drafts[table].given;
                let message =
                    format!("rows of `{}` could not be told from those that people add", given.label);
                return Err(Wrong::new(given.place, message).help(format!(
                    "give its key, {}, a text of its own: `{{ kind = \"template\", text = \"seed-{{n}}\" }}`",
                    design.tables[table].shape.key.join(", ")
                )));
            }
            design.tables[table].shape.mark = marks.join(" and ");
        }
        Ok(design)
    }
}

/// SQL: whether a column holds what only generated rows hold.
fn mark(design: &Design, own: &Own, column: &Column, name: &str) -> Option<String> {
    let sql = format!("{ALIAS}.{}", identifier(name));
    match &column.value {
        Value::Uuid if column.form == Form::Uuid => {
            Some(format!("{sql} between '{}'::uuid and '{}'::uuid", RANGE[0], RANGE[1]))
        }
        Value::Uuid => Some(format!("{sql}::text like '5eedc73c-7105-8%'")),
        Value::Serial(start) => Some(format!("{sql} between {start} and {}", start.saturating_add(ROOM))),
        Value::EachOnce(values) => Some(format!("{sql}::text = any ({})", text_array(values))),
        Value::Constant(value) => Some(format!("{sql}::text = {}", literal(value))),
        Value::User(_) => {
            let ids: Vec<String> =
                design.model.owners.iter().map(|owner| format!("'{}'", owner.id)).collect();
            Some(format!("{sql}::text in ({})", ids.join(", ")))
        }
        Value::Template(pieces) => match pieces.first() {
            Some(Piece::Text(start)) => {
                Some(format!("left({sql}::text, {}) = {}", start.chars().count(), literal(start)))
            }
            None | Some(Piece::Number | Piece::Word(_) | Piece::Column(..)) => None,
        },
        Value::Linked { link, target } => match (own.links[*link].parent, target) {
            (Parent::Crm(_), _) => {
                Some(format!("{sql} between '{}'::uuid and '{}'::uuid", RANGE[0], RANGE[1]))
            }
            (Parent::Own(other), Target::Own(place)) => {
                let other = &design.tables[other];
                mark(design, other, &other.columns[*place], name)
            }
            (Parent::Own(_), Target::CrmId | Target::CrmCreated) => None,
        },
        Value::Null
        | Value::Choice(_)
        | Value::Known(_)
        | Value::Words { .. }
        | Value::Integer(_)
        | Value::Decimal { .. }
        | Value::Boolean(_)
        | Value::Moment(_)
        | Value::Json(_)
        | Value::Array { .. }
        | Value::Number => None,
    }
}

/// The first column whose value would need itself.
fn acyclic(design: &Design) -> Result<(), (usize, usize)> {
    let mut done: Vec<Vec<Option<bool>>> =
        design.tables.iter().map(|own| vec![None; own.columns.len()]).collect();
    for table in 0..design.tables.len() {
        for column in 0..design.tables[table].columns.len() {
            visit(design, (table, column), &mut done)?;
        }
    }
    Ok(())
}

fn visit(
    design: &Design,
    (table, column): (usize, usize),
    done: &mut [Vec<Option<bool>>],
) -> Result<(), (usize, usize)> {
    match done[table][column] {
        Some(true) => return Ok(()),
        Some(false) => return Err((table, column)),
        None => done[table][column] = Some(false),
    }
    let own = &design.tables[table];
    let mut next = Vec::new();
    needs(&own.columns[column].value, &mut next);
    for path in next {
        let node = match path {
            Path::Same(place) => (table, place),
            Path::Of { link, target: Target::Own(place) } => match own.links[link] {
                // Rows that came before need no later ones.
                ref link if matches!(link.how, How::Earlier { .. }) => continue,
                ref link => match link.parent {
                    Parent::Own(other) => (other, place),
                    Parent::Crm(_) => continue,
                },
            },
            Path::Of { .. } => continue,
        };
        visit(design, node, done)?;
    }
    done[table][column] = Some(true);
    Ok(())
}

/// The columns a value is made of.
fn needs(value: &Value, paths: &mut Vec<Path>) {
    match value {
        Value::Moment(moments) => paths.extend(moments.after),
        Value::Linked { link, target } => paths.push(Path::Of { link: *link, target: *target }),
        Value::Template(pieces) => paths.extend(pieces.iter().filter_map(|piece| match piece {
            Piece::Column(path, _) => Some(*path),
            Piece::Text(_) | Piece::Number | Piece::Word(_) => None,
        })),
        Value::Json(fields) => fields.iter().for_each(|(_, column)| needs(&column.value, paths)),
        Value::Array { of, .. } => needs(&of.value, paths),
        Value::Null
        | Value::Constant(_)
        | Value::Choice(_)
        | Value::EachOnce(_)
        | Value::Known(_)
        | Value::Words { .. }
        | Value::Integer(_)
        | Value::Decimal { .. }
        | Value::Boolean(_)
        | Value::User(_)
        | Value::Uuid
        | Value::Serial(_)
        | Value::Number => {}
    }
}
