//! Which rows belong together: foreign keys, and references that the file describes.

use std::collections::HashMap;

use crate::seed::own::compile::{Context, Draft};
use crate::seed::own::design::Volume;
use crate::seed::own::dice::seed_of;
use crate::seed::own::kind::{Kind, Spread};
use crate::seed::own::reader::Wrong;
use crate::seed::own::value::{How, Link, Parent, Target};

/// The links of a table, and what each referring column takes from where.
#[derive(Debug, Default)]
pub(crate) struct Links {
    pub(crate) links: Vec<Link>,
    /// By the name of the column.
    pub(crate) columns: HashMap<String, (usize, Target)>,
}

/// What makes one link.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Group {
    Foreign(usize),
    Column(String),
}

impl Links {
    pub(crate) fn of(context: &Context<'_>, table: usize, volume: Volume) -> Result<Self, Wrong> {
        let draft = &context.drafts[table];
        let (mut links, mut groups) = (Self::default(), Vec::new());
        for chosen in &draft.chosen {
            let Kind::Reference { to, column, spread } = &chosen.given.kind else { continue };
            let name = &chosen.attribute.name;
            let (group, parent, target) =
                context.reference(table, name, (to.as_deref(), column.as_deref()), chosen.given.place)?;
            if chosen.attribute.is_required && context.slots_of(parent) == 0 && context.volumes[table].1 > 0 {
                let message =
                    format!("`{name}` of `{}` refers to a table that has no rows", draft.given.label);
                return Err(Wrong::new(chosen.given.place, message).help("give that table `rows`"));
            }
            let link = groups.iter().position(|other| *other == group).unwrap_or_else(|| {
                let is_required = chosen.attribute.is_required;
                let how = match (volume, parent, spread) {
                    (Volume::Per { parent: of, .. }, _, _)
                        if of == parent && !links.links.iter().any(|link| link.how == How::OfParent) =>
                    {
                        How::OfParent
                    }
                    (_, Parent::Own(other), _) if other == table => How::Earlier { is_required },
                    (_, _, Spread::Even) => How::Even,
                    (_, _, Spread::Zipf) => How::Zipf,
                };
                let name = draft.relation.table();
                let seed = seed_of(context.seed, &[&name.schema, &name.name, "link", &chosen.attribute.name]);
                links.links.push(Link { parent, seed, how, null: chosen.given.null });
                groups.push(group);
                links.links.len() - 1
            });
            links.columns.insert(name.clone(), (link, target));
        }
        links.tell_apart(context, table)?;
        Ok(links)
    }

    /// Rows that a unique key must tell apart get parents that do.
    fn tell_apart(&mut self, context: &Context<'_>, table: usize) -> Result<(), Wrong> {
        let draft = &context.drafts[table];
        for unique in draft.unique() {
            let links: Option<Vec<usize>> =
                unique.iter().map(|column| self.columns.get(column).map(|(link, _)| *link)).collect();
            let Some(mut links) = links else { continue };
            links.dedup();
            match links[..] {
                [only] if matches!(self.links[only].how, How::Even | How::Zipf) => {
                    context.must_be_dense(table, self.links[only].parent)?;
                    context.must_fit(table, self.links[only].parent, 1)?;
                    self.links[only].how = How::OneToOne;
                }
                [first, second, ..] => {
                    let (first, second) = if self.links[second].how == How::OfParent {
                        (second, first)
                    } else {
                        (first, second)
                    };
                    if matches!(self.links[first].how, How::Earlier { .. })
                        || matches!(self.links[second].how, How::Second { .. })
                    {
                        continue;
                    }
                    let (one, other) = (self.links[first].parent, self.links[second].parent);
                    context.must_be_dense(table, other)?;
                    if self.links[first].how != How::OfParent {
                        context.must_be_dense(table, one)?;
                        self.links[first].how = How::First;
                    }
                    context.must_fit_pairs(table, one, other)?;
                    self.links[second].how = How::Second { first };
                }
                [] | [_] => {}
            }
        }
        Ok(())
    }
}

impl Context<'_> {
    /// Where a referring column leads to.
    fn reference(
        &self,
        table: usize,
        name: &str,
        (to, column): (Option<&str>, Option<&str>),
        place: usize,
    ) -> Result<(Group, Parent, Target), Wrong> {
        let draft = &self.drafts[table];
        let foreign = draft.relation.foreign.iter().enumerate().find(|(_, foreign)| {
            foreign.columns.iter().any(|column| column == name) && self.parent_of(&foreign.table()).is_some()
        });
        if let (Some((number, foreign)), None) = (foreign, to) {
            let at = foreign.columns.iter().position(|column| column == name).unwrap_or(0);
            if let Some(parent) = self.parent_of(&foreign.table()) {
                let target = self.target(parent, &foreign.targets[at], place)?;
                return Ok((Group::Foreign(number), parent, target));
            }
        }
        let Some(to) = to else {
            let wrong = Wrong::new(place, format!("`{name}` has no foreign key to a seeded table"));
            return Err(wrong.help("say which rows are meant: `to = \"a table of this file\"`"));
        };
        let parent = self.parent_named(to, place)?;
        let target = match (parent, column) {
            (_, Some(column)) => column.to_owned(),
            (Parent::Crm(_), None) => "id".to_owned(),
            (Parent::Own(other), None) => {
                let Some([column]) = self.drafts[other].key() else {
                    let wrong = Wrong::new(place, format!("`{to}` has no key of one column"));
                    return Err(wrong.help("say which column is meant: `column = \"...\"`"));
                };
                column.clone()
            }
        };
        let target = self.target(parent, &target, place)?;
        Ok((Group::Column(name.to_owned()), parent, target))
    }

    /// A column of a parent.
    pub(crate) fn target(&self, parent: Parent, column: &str, place: usize) -> Result<Target, Wrong> {
        match parent {
            Parent::Crm(_) if column == "id" => Ok(Target::CrmId),
            Parent::Crm(_) if column == "created_at" => Ok(Target::CrmCreated),
            Parent::Crm(table) => {
                let message = format!("only `id` and `created_at` of `{}` can be spoken of", table.name());
                Err(Wrong::new(place, message))
            }
            Parent::Own(other) => {
                let draft = &self.drafts[other];
                draft.place_of(column).map(Target::Own).ok_or_else(|| {
                    let message = format!("`{column}` of `{}` is filled by the database, so nobody knows it", draft.given.label);
                    let label = &draft.given.label;
                    Wrong::new(place, message)
                        .help(format!("describe it under `[tables.{label}.columns]`, for example `{column} = {{ kind = \"serial\" }}`"))
                })
            }
        }
    }

    /// Rows can be dealt out only to parents that all have one.
    fn must_be_dense(&self, table: usize, parent: Parent) -> Result<(), Wrong> {
        let Parent::Own(other) = parent else { return Ok(()) };
        let is_dense = match self.volumes[other].0 {
            Volume::All | Volume::Roles(_) => true,
            Volume::Per { parent, low, high } => low == high && self.must_be_dense(table, parent).is_ok(),
        };
        if is_dense {
            return Ok(());
        }
        let given = self.drafts[table].given;
        let other = &self.drafts[other].given.label;
        let message = format!(
            "rows of `{}` must differ in their `{other}`, which has no fixed number of rows",
            given.label
        );
        Err(Wrong::new(given.place, message)
            .help(format!("give `{other}` a fixed number: `rows`, or `each` with one number")))
    }

    /// Each row of the parent can have so many.
    fn must_fit(&self, table: usize, parent: Parent, most: u64) -> Result<(), Wrong> {
        let (rows, parents) = self.rows_and_parents(table, parent);
        if rows <= parents.saturating_mul(most) {
            return Ok(());
        }
        let given = self.drafts[table].given;
        let message = format!(
            "`{}` would have {rows} rows, and a unique key allows {}",
            given.label,
            parents.saturating_mul(most)
        );
        Err(Wrong::new(given.place, message).help("lower `rows` or `each`, or set `scaled = false`"))
    }

    fn must_fit_pairs(&self, table: usize, first: Parent, second: Parent) -> Result<(), Wrong> {
        let most = self.slots_of(second);
        match self.volumes[table].0 {
            Volume::Per { high, parent, .. } if parent == first => {
                if high <= most {
                    return Ok(());
                }
                let given = self.drafts[table].given;
                let message = format!(
                    "`each` of `{}` is up to {high}, and there are only {most} to choose from",
                    given.label
                );
                Err(Wrong::new(given.place, message).help("lower `each`"))
            }
            Volume::All | Volume::Roles(_) | Volume::Per { .. } => self.must_fit(table, first, most),
        }
    }

    /// Rows that share the rows of a parent, and those.
    fn rows_and_parents(&self, table: usize, parent: Parent) -> (u64, u64) {
        let (_, slots, is_scaled) = self.volumes[table];
        let rows = if is_scaled && !self.is_scaled(parent) { slots * self.scale } else { slots };
        (rows, self.slots_of(parent))
    }
}

impl Draft<'_> {
    /// Unique keys, those that the file adds included.
    pub(crate) fn unique(&self) -> Vec<Vec<String>> {
        let given = self.chosen.iter().filter(|chosen| chosen.given.is_unique);
        let given = given.map(|chosen| vec![chosen.attribute.name.clone()]);
        self.given.key.clone().into_iter().chain(self.relation.unique.iter().cloned()).chain(given).collect()
    }
}
