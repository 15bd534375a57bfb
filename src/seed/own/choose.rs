//! Which columns are written: those that are described, and those that need a value.

use crate::pg::TableName;
use crate::seed::own::catalog::{Attribute, Relation};
use crate::seed::own::compile::{Chosen, Context};
use crate::seed::own::description::GivenTable;
use crate::seed::own::form::Form;
use crate::seed::own::guess;
use crate::seed::own::kind::{Given, Kind, Spread};
use crate::seed::own::reader::Wrong;

impl<'a> Context<'a> {
    /// The columns that are written, in the order of the table.
    pub(super) fn choose(&self, table: usize) -> Result<Vec<Chosen<'a>>, Wrong> {
        let draft = &self.drafts[table];
        let (given, relation): (&'a GivenTable, &'a Relation) = (draft.given, draft.relation);
        let mut chosen = Vec::new();
        for attribute in relation.columns.iter().filter(|attribute| !attribute.is_generated) {
            let form = Form::of(attribute);
            let described = given.columns.get(&attribute.name).cloned();
            let given = match described {
                Some(given) => Some(given),
                None => self.guessed(table, attribute, &form)?,
            };
            let Some(given) = given else { continue };
            if given.kind == Kind::Default {
                self.must_have_default(table, attribute, given.place)?;
                continue;
            }
            chosen.push(Chosen { attribute, form, given });
        }
        Ok(chosen)
    }

    fn guessed(&self, table: usize, attribute: &Attribute, form: &Form) -> Result<Option<Given>, Wrong> {
        let draft = &self.drafts[table];
        let place = draft.given.place;
        let given = |kind| Ok(Some(guess::given(kind, place)));
        let is_key = draft.key().is_some_and(|key| key.contains(&attribute.name));
        let foreign = draft.relation.foreign.iter().enumerate();
        let mut foreign = foreign.filter(|(_, foreign)| foreign.columns.contains(&attribute.name));
        if let Some((number, foreign)) = foreign.next() {
            let target = foreign.table();
            if draft.dropped.contains(&number) {
                return given(Kind::Null);
            }
            if self.parent_of(&target).is_some() {
                return given(Kind::Reference { to: None, column: None, spread: Spread::Even });
            }
            if is_user(&target) {
                return given(Kind::User(None));
            }
            if !attribute.is_required || attribute.has_default {
                return Ok(None);
            }
            let (label, name) = (&draft.given.label, &attribute.name);
            let wrong = Wrong::new(
                place,
                format!("`{name}` of `{label}` refers to {}, which is not seeded", target.sql()),
            );
            return Err(wrong.help(format!(
                "describe that table as well: `[tables.\"{}.{}\"]`",
                target.schema, target.name
            )));
        }
        if is_key && attribute.is_counted {
            return given(Kind::Serial { start: None });
        }
        if is_key && *form == Form::Uuid {
            return given(Kind::Uuid);
        }
        if is_key && matches!(form, Form::Integer { .. }) {
            let is_only = draft.key().is_some_and(|key| key.len() == 1);
            return given(if is_only { Kind::Serial { start: None } } else { Kind::Number });
        }
        if (attribute.is_counted || guess::is_better_left(attribute)) && !is_key {
            return Ok(None);
        }
        if guess::is_better_null(attribute) {
            return Ok(None);
        }
        let kind = guess::guess(draft.relation, attribute, form);
        if kind.is_none() {
            self.must_have_default(table, attribute, place)?;
        }
        Ok(kind.map(|kind| guess::given(kind, place)))
    }

    /// A column that is left out must be able to be.
    fn must_have_default(&self, table: usize, attribute: &Attribute, place: usize) -> Result<(), Wrong> {
        if !attribute.is_required || attribute.has_default || attribute.is_counted {
            return Ok(());
        }
        let (label, name) = (&self.drafts[table].given.label, &attribute.name);
        let message = format!(
            "`{name}` of `{label}`, {}, must have a value, and nobody says which",
            attribute.definition
        );
        Err(Wrong::new(place, message)
            .help(format!("describe it under `[tables.{label}.columns]`: `{name} = {{ kind = \"...\" }}`")))
    }
}

/// The tables of those who own rows.
fn is_user(table: &TableName) -> bool {
    matches!((table.schema.as_str(), table.name.as_str()), ("public", "sales") | ("auth", "users"))
}
