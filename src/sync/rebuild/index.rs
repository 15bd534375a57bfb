//! An index, with the constraint that it may be.

use crate::pg::{PgResult, Row, TableName, identifier, literal};
use crate::sync::rebuild::Step;

/// An index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Index {
    pub(super) oid: u32,
    /// The index it is a part of in the end, or itself.
    pub(super) family: u32,
    /// The index of the parent table that it is a part of.
    pub(super) parent: Option<u32>,
    /// The table that was asked for: this one, or the one it is a partition of.
    pub(super) root: TableName,
    table: TableName,
    name: TableName,
    definition: String,
    constraint: Option<Constraint>,
    traits: Traits,
    pub(super) is_held: bool,
}

/// A constraint that is an index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Constraint {
    name: String,
    definition: String,
    comment: Option<String>,
    /// How the constraint is made of an index that is there already, where its own words cannot tell everything.
    from_index: Option<String>,
}

/// What is not in the definition of an index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Traits {
    is_clustered: bool,
    is_identity: bool,
    tablespace: Option<String>,
    comment: Option<String>,
    /// Number of a column, and how much of it statistics look at.
    targets: Vec<(String, String)>,
}

impl Index {
    pub(super) fn read(row: &Row) -> PgResult<Self> {
        let text = |column| row.text(column).map(str::to_owned);
        let schema: String = row.get("schema")?;
        let constraint = match text("constraint") {
            None => None,
            Some(name) => Some(Constraint {
                name,
                definition: row.get("constraint_definition")?,
                comment: text("constraint_comment"),
                from_index: from_index(row),
            }),
        };
        let targets = row.text("targets").unwrap_or_default();
        let targets = targets.split(',').filter_map(|target| target.split_once('='));
        Ok(Self {
            oid: row.get("oid")?,
            family: row.get("family")?,
            parent: row.text("parent").and_then(|oid| oid.parse().ok()),
            root: TableName::new(row.get::<String>("root_schema")?, row.get::<String>("root")?),
            table: TableName::new(&schema, row.get::<String>("table")?),
            name: TableName::new(schema, row.get::<String>("name")?),
            definition: row.get("definition")?,
            constraint,
            traits: Traits {
                is_clustered: row.flag("is_clustered"),
                is_identity: row.flag("is_identity"),
                tablespace: text("tablespace"),
                comment: text("comment"),
                targets: targets.map(|(column, target)| (column.to_owned(), target.to_owned())).collect(),
            },
            is_held: row.flag("is_held"),
        })
    }

    /// Takes the parts of it, the indexes of partitions, along.
    pub(super) fn takes_down(&self) -> String {
        match &self.constraint {
            Some(constraint) => {
                format!("alter table {} drop constraint {}", self.table.sql(), identifier(&constraint.name))
            }
            None => format!("drop index {}", self.name.sql()),
        }
    }

    /// `parts` are the indexes of partitions, which must be there already.
    pub(super) fn puts_up<'a>(&'a self, parts: impl Iterator<Item = &'a Self>) -> Step {
        let mut statements = Vec::new();
        if let Some(tablespace) = &self.traits.tablespace {
            statements.push(format!("set local default_tablespace = {}", literal(tablespace)));
        }
        statements.extend(self.makes());
        if self.traits.tablespace.is_some() {
            statements.push("set local default_tablespace = ''".to_owned());
        }
        let name = self.name.sql();
        statements
            .extend(parts.map(|part| format!("alter index {name} attach partition {}", part.name.sql())));
        statements.extend(self.adds_traits());
        Step { what: self.name.name.clone(), statements }
    }

    fn makes(&self) -> Vec<String> {
        let Some(Constraint { name, definition, from_index, .. }) = &self.constraint else {
            return vec![self.definition.clone()];
        };
        let add = |what: &str| {
            format!("alter table only {} add constraint {} {what}", self.table.sql(), identifier(name))
        };
        match from_index {
            None => vec![add(definition)],
            Some(from_index) => vec![self.definition.clone(), add(from_index)],
        }
    }

    fn adds_traits(&self) -> Vec<String> {
        let (table, name, traits) = (self.table.sql(), self.name.sql(), &self.traits);
        let index = identifier(&self.name.name);
        let mut statements = Vec::new();
        for (column, target) in &traits.targets {
            statements.push(format!("alter index {name} alter column {column} set statistics {target}"));
        }
        if traits.is_clustered {
            statements.push(format!("alter table {table} cluster on {index}"));
        }
        if traits.is_identity {
            statements.push(format!("alter table only {table} replica identity using index {index}"));
        }
        if let Some(comment) = &traits.comment {
            statements.push(format!("comment on index {name} is {}", literal(comment)));
        }
        if let Some(Constraint { name, comment: Some(comment), .. }) = &self.constraint {
            let name = identifier(name);
            statements.push(format!("comment on constraint {name} on {table} is {}", literal(comment)));
        }
        statements
    }
}

/// The words of a primary key or a unique constraint leave the index's options out; those of its index do not.
fn from_index(row: &Row) -> Option<String> {
    let kind = match row.text("kind")? {
        "p" => "primary key",
        "u" => "unique",
        _ => return None,
    };
    if !row.flag("has_options") || row.flag("is_partitioned") || row.flag("is_exclusion") {
        return None;
    }
    let deferral = match (row.flag("is_deferrable"), row.flag("is_deferred")) {
        (false, _) => "",
        (true, false) => " deferrable",
        (true, true) => " deferrable initially deferred",
    };
    Some(format!("{kind} using index {}{deferral}", identifier(row.text("name")?)))
}
