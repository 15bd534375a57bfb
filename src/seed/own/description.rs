//! `seeds/seed.toml`: the tables of the project's own.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeTable;

use crate::error::{Explain, Kind as ErrorKind, Location};
use crate::pg::TableName;
use crate::seed::description::Role;
use crate::seed::load::{DescriptionError, read_text};
use crate::seed::own::given::{each, role_named, unknown_role};
use crate::seed::own::kind::Given;
use crate::seed::own::reader::{Entry, Section, Wrong};

/// How many rows of a table there are, without scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum GivenVolume {
    Rows(u64),
    Roles([u64; 3]),
    Per { parent: String, each: [u64; 2], place: usize },
}

/// What the file says of a table.
#[derive(Debug, Clone)]
pub(crate) struct GivenTable {
    /// How the file calls it.
    pub(crate) label: String,
    pub(crate) table: TableName,
    pub(crate) volume: GivenVolume,
    pub(crate) is_scaled: bool,
    pub(crate) key: Option<Vec<String>>,
    pub(crate) columns: BTreeMap<String, Given>,
    pub(crate) place: usize,
}

/// What the file says.
#[derive(Debug, Clone)]
pub struct OwnDescription {
    file: String,
    text: String,
    /// Whether the tables of the CRM are seeded as well.
    pub(crate) has_crm: bool,
    pub(crate) words: BTreeMap<String, Vec<String>>,
    pub(crate) tables: Vec<GivenTable>,
}

/// What is wrong with the file, or with what the database has.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct OwnError {
    message: String,
    help: Option<String>,
    location: Location,
}

impl Explain for OwnError {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Usage
    }

    fn help(&self) -> Option<String> {
        self.help.clone()
    }

    fn location(&self) -> Option<Location> {
        Some(self.location.clone())
    }
}

/// The name of the file in the folder of seeds.
const FILE: &str = "seed.toml";

impl OwnDescription {
    /// Reads the file of `folder`, if there is one.
    pub fn read(folder: &Path) -> Result<Option<Self>, DescriptionError> {
        let path = folder.join(FILE);
        match read_text(&path)? {
            Some(text) => Ok(Some(Self::parse(&path.display().to_string(), text)?)),
            None => Ok(None),
        }
    }

    /// Reads the text of the file.
    pub fn parse(file: &str, text: String) -> Result<Self, OwnError> {
        let mut description =
            Self { file: file.to_owned(), text, has_crm: true, words: BTreeMap::new(), tables: Vec::new() };
        let text = description.text.clone();
        let parsed = DeTable::parse(&text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            Wrong::new(error.span().map_or(0, |span| span.start), message)
        });
        let read = parsed.and_then(|document| description.fill(Section::new(document.get_ref(), 0)));
        read.map_err(|wrong| description.located(wrong))?;
        Ok(description)
    }

    /// The described tables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &TableName> {
        self.tables.iter().map(|table| &table.table)
    }

    /// The same mistake as people are told it.
    pub(crate) fn located(&self, wrong: Wrong) -> OwnError {
        OwnError {
            message: wrong.message,
            help: wrong.help,
            location: Location::of_offset(&self.file, &self.text, wrong.place),
        }
    }

    fn fill(&mut self, mut document: Section<'_>) -> Result<(), Wrong> {
        if let Some(crm) = document.take("crm") {
            self.has_crm = crm.flag()?;
        }
        if let Some(words) = document.take("words") {
            for list in words.section()?.rest() {
                let items: Vec<String> =
                    list.list()?.iter().map(Entry::text).collect::<Result<_, Wrong>>()?;
                if items.is_empty() {
                    return Err(Wrong::new(list.place, format!("the list `{}` is empty", list.name)));
                }
                self.words.insert(list.name, items);
            }
        }
        if let Some(tables) = document.take("tables") {
            for entry in tables.section()?.rest() {
                let table = read_table(&entry)?;
                if let Some(other) = self.tables.iter().find(|other| other.table == table.table) {
                    let message = format!("`{}` describes the same table as `{}`", table.label, other.label);
                    return Err(Wrong::new(table.place, message));
                }
                self.tables.push(table);
            }
        }
        document.finish()
    }
}

fn read_table(entry: &Entry<'_>) -> Result<GivenTable, Wrong> {
    let mut section = entry.section()?;
    let label = entry.name.clone();
    let (schema, name) = label.split_once('.').unwrap_or(("public", &label));
    let text = |entry: Option<Entry<'_>>, default: &str| {
        entry.map_or_else(|| Ok(default.to_owned()), |entry| entry.text())
    };
    let table = TableName::new(text(section.take("schema"), schema)?, text(section.take("name"), name)?);
    let volume = read_volume(&mut section, &label)?;
    let is_scaled = section.take("scaled").map_or(Ok(true), |scaled| scaled.flag())?;
    let key = match section.take("key") {
        Some(key) => {
            let columns: Vec<String> = key.list()?.iter().map(Entry::text).collect::<Result<_, Wrong>>()?;
            if columns.is_empty() {
                return Err(Wrong::new(key.value_place(), "`key` names no column"));
            }
            Some(columns)
        }
        None => None,
    };
    let mut columns = BTreeMap::new();
    if let Some(given) = section.take("columns") {
        for entry in given.section()?.rest() {
            columns.insert(entry.name.clone(), Given::read(&entry)?);
        }
    }
    let place = section.place;
    section.finish()?;
    Ok(GivenTable { label, table, volume, is_scaled, key, columns, place })
}

fn read_volume(section: &mut Section<'_>, label: &str) -> Result<GivenVolume, Wrong> {
    /// What is more is asked for by `--scale`.
    const MOST: i64 = 1_000_000_000;
    let (rows, per, count) = (section.take("rows"), section.take("per"), section.take("each"));
    match (rows, per) {
        (Some(rows), None) if rows.is_section() => {
            let mut volumes = [0; 3];
            for entry in rows.section()?.rest() {
                let role = role_named(&entry.name).ok_or_else(|| unknown_role(&entry.name, entry.place))?;
                let place = Role::ALL.iter().position(|other| *other == role).unwrap_or(0);
                volumes[place] = entry.bounded(0, MOST)?;
            }
            Ok(GivenVolume::Roles(volumes))
        }
        (Some(rows), None) => Ok(GivenVolume::Rows(rows.bounded(0, MOST)?)),
        (None, Some(per)) => {
            let each = each(count)?;
            if each[1] == 0 {
                return Err(Wrong::new(per.place, "`each` is zero, so there would be no rows"));
            }
            Ok(GivenVolume::Per { parent: per.text()?, each, place: per.value_place() })
        }
        (rows, _) => {
            let place = rows.map_or(section.place, |rows| rows.place);
            let wrong = Wrong::new(place, format!("how many rows `{label}` has must be said once"));
            Err(wrong.help("write `rows = 100`, or `per = \"other_table\"` and `each = [1, 5]`"))
        }
    }
}
