//! From what the file and the catalog say to tables whose every row is known. Reads nothing, changes nothing.

use std::collections::HashSet;
use std::sync::Arc;

use crate::pg::TableName;
use crate::seed::generate::{Model, Table};
use crate::seed::own::catalog::{Attribute, Relation};
use crate::seed::own::description::{GivenTable, GivenVolume, OwnDescription, OwnError};
use crate::seed::own::design::{Design, Own, Volume};
use crate::seed::own::dice::seed_of;
use crate::seed::own::form::Form;
use crate::seed::own::kind::{Given, Kind};
use crate::seed::own::links::Links;
use crate::seed::own::reader::{Wrong, nearest};
use crate::seed::own::value::Parent;

/// What the tables share with everything else that is seeded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Surroundings<'a> {
    pub(crate) model: &'a Arc<Model>,
}

/// A column that is written, and why.
#[derive(Debug, Clone)]
pub(crate) struct Chosen<'a> {
    pub(crate) attribute: &'a Attribute,
    pub(crate) form: Form,
    pub(crate) given: Given,
}

/// A table before its values are known.
#[derive(Debug)]
pub(crate) struct Draft<'a> {
    pub(crate) given: &'a GivenTable,
    pub(crate) relation: &'a Relation,
    pub(crate) chosen: Vec<Chosen<'a>>,
    /// Foreign keys that stay empty, because they close a circle.
    pub(crate) dropped: HashSet<usize>,
}

/// Everything that a table may speak of.
#[derive(Debug)]
pub(crate) struct Context<'a> {
    pub(crate) description: &'a OwnDescription,
    pub(crate) model: &'a Arc<Model>,
    pub(crate) seed: u64,
    pub(crate) scale: u64,
    pub(crate) drafts: Vec<Draft<'a>>,
    /// Which slots have rows, how many there are in a block, and whether `--scale` multiplies them.
    pub(crate) volumes: Vec<(Volume, u64, bool)>,
}

/// More than any disk holds, and few enough to be reckoned with.
const MOST_ROWS: u64 = 1_000_000_000_000;

/// Makes a design, or says what is wrong and where.
pub(crate) fn compile(
    description: &OwnDescription,
    relations: &[Relation],
    surroundings: Surroundings<'_>,
) -> Result<Arc<Design>, OwnError> {
    design(description, relations, surroundings).map(Arc::new).map_err(|wrong| description.located(wrong))
}

fn design(
    description: &OwnDescription,
    relations: &[Relation],
    Surroundings { model }: Surroundings<'_>,
) -> Result<Design, Wrong> {
    let scale = model.scale();
    let mut drafts = Vec::new();
    for given in &description.tables {
        drafts.push(draft(given, relations)?);
    }
    let (drafts, is_deferred) = crate::seed::own::order::sorted(drafts)?;
    let mut context =
        Context { description, model, seed: model.data.seed, scale, drafts, volumes: Vec::new() };
    for table in 0..context.drafts.len() {
        let volume = context.volume(table)?;
        context.volumes.push(volume);
        context.drafts[table].chosen = context.choose(table)?;
    }
    let mut tables: Vec<Own> = Vec::new();
    for table in 0..context.drafts.len() {
        let own = context.own(table)?;
        tables.push(own);
    }
    let design = Design { tables, model: Arc::clone(model), scale, is_deferred };
    context.marked(design)
}

fn draft<'a>(given: &'a GivenTable, relations: &'a [Relation]) -> Result<Draft<'a>, Wrong> {
    let label = &given.label;
    // The auth server cannot read what is made of types and names alone, and nobody could log in.
    if given.table.schema == "auth" {
        let wrong = Wrong::new(given.place, format!("`{label}` belongs to the auth server"));
        return Err(wrong.help("describe users in `seeds/users.toml`"));
    }
    let relation = relations.iter().find(|relation| relation.table() == given.table).ok_or_else(|| {
        let wrong = Wrong::new(given.place, format!("the database has no table {}", given.table.sql()));
        wrong.help("run `crmctl migrate up` for this environment first, or correct the name")
    })?;
    if relation.is_hidden {
        let wrong =
            Wrong::new(given.place, format!("row level security hides rows of `{label}` from this login"));
        return Err(
            wrong.help("seed as a role with BYPASSRLS, or as the owner without FORCE ROW LEVEL SECURITY")
        );
    }
    if !relation.is_ours {
        let wrong =
            Wrong::new(given.place, format!("this login may not read, write and remove rows of `{label}`"));
        return Err(
            wrong.help(format!("grant select, insert, update, delete on {} to it", given.table.sql()))
        );
    }
    for (name, column) in &given.columns {
        let Some(attribute) = relation.column(name) else {
            let names: Vec<&str> = relation.columns.iter().map(|column| column.name.as_str()).collect();
            let wrong = Wrong::new(column.place, format!("`{label}` has no column `{name}`"));
            return Err(wrong.help(nearest(name, &names)));
        };
        if attribute.is_generated && column.kind != Kind::Default {
            let wrong = Wrong::new(
                column.place,
                format!("`{name}` of `{label}` is a generated column: the database fills it"),
            );
            return Err(wrong.help(format!("remove the line of `{name}`")));
        }
    }
    Ok(Draft { given, relation, chosen: Vec::new(), dropped: HashSet::new() })
}

impl Context<'_> {
    /// Rows of a table; those of its parents are known.
    fn volume(&self, table: usize) -> Result<(Volume, u64, bool), Wrong> {
        let given = self.drafts[table].given;
        let volume = match &given.volume {
            GivenVolume::Rows(rows) => (Volume::All, *rows, given.is_scaled),
            GivenVolume::Roles(volumes) => (Volume::Roles(*volumes), volumes.iter().sum(), given.is_scaled),
            GivenVolume::Per { parent: name, each: [low, high], place } => {
                let parent = self.parent_named(name, *place)?;
                if let Parent::Own(other) = parent
                    && other >= table
                {
                    return Err(Wrong::new(
                        *place,
                        format!("`{}` cannot be made per row of `{name}`", given.label),
                    ));
                }
                let slots = self.slots_of(parent).saturating_mul(*high);
                (Volume::Per { parent, low: *low, high: *high }, slots, self.is_scaled(parent))
            }
        };
        let (_, slots, is_scaled) = volume;
        if slots.saturating_mul(if is_scaled { self.scale } else { 1 }) > MOST_ROWS {
            let message = format!("`{}` would have more than {MOST_ROWS} rows", given.label);
            return Err(Wrong::new(given.place, message).help("lower `rows`, `each` or `--scale`"));
        }
        Ok(volume)
    }

    pub(crate) fn slots_of(&self, parent: Parent) -> u64 {
        match parent {
            Parent::Crm(table) => self.model.base(table),
            Parent::Own(other) => self.volumes[other].1,
        }
    }

    pub(crate) fn is_scaled(&self, parent: Parent) -> bool {
        match parent {
            Parent::Crm(table) => table.is_scaled(),
            Parent::Own(other) => self.volumes[other].2,
        }
    }

    /// A seeded table.
    pub(crate) fn parent_of(&self, table: &TableName) -> Option<Parent> {
        if let Some(other) = self.drafts.iter().position(|draft| draft.given.table == *table) {
            return Some(Parent::Own(other));
        }
        let is_crm = self.description.has_crm && table.schema == "public";
        let crm = Table::ALL.into_iter().find(|crm| is_crm && crm.name() == table.name);
        crm.map(Parent::Crm)
    }

    /// A table as the file calls it.
    pub(crate) fn parent_named(&self, name: &str, place: usize) -> Result<Parent, Wrong> {
        if let Some(other) = self.drafts.iter().position(|draft| draft.given.label == name) {
            return Ok(Parent::Own(other));
        }
        let (schema, table) = name.split_once('.').unwrap_or(("public", name));
        self.parent_of(&TableName::new(schema, table)).ok_or_else(|| {
            let own = self.drafts.iter().map(|draft| draft.given.label.as_str());
            let crm = Table::ALL.iter().map(|table| table.name()).filter(|_| self.description.has_crm);
            let names: Vec<&str> = own.chain(crm).collect();
            Wrong::new(place, format!("no table `{name}` is seeded")).help(nearest(name, &names))
        })
    }

    fn own(&self, table: usize) -> Result<Own, Wrong> {
        let draft = &self.drafts[table];
        let (volume, slots, is_scaled) = self.volumes[table];
        let links = Links::of(self, table, volume)?;
        let columns = draft
            .chosen
            .iter()
            .map(|chosen| self.column(table, &links, chosen))
            .collect::<Result<Vec<_>, _>>()?;
        let name = &draft.given.table;
        Ok(Own {
            seed: seed_of(self.seed, &[&name.schema, &name.name]),
            shape: self.shape(table)?,
            volume,
            slots,
            is_scaled,
            columns,
            links: links.links,
        })
    }
}

impl Draft<'_> {
    /// The columns by which a row is found again.
    pub(crate) fn key(&self) -> Option<&[String]> {
        self.given.key.as_deref().or_else(|| self.relation.unique.first().map(Vec::as_slice))
    }

    /// The place of a column among those that are written.
    pub(crate) fn place_of(&self, column: &str) -> Option<usize> {
        self.chosen.iter().position(|chosen| chosen.attribute.name == column)
    }
}
