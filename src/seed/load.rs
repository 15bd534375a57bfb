//! Reading the description: the project's own `seeds/`, or the one that is part of crmctl.

use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use crate::error::{Explain, Kind, Location};
use crate::seed::description::{Data, Role, Users, Vocabulary};
use crate::seed::generate::Table;
use crate::seed::own::OwnError;

/// Everything that says what to seed.
#[derive(Debug, Clone)]
pub struct Description {
    /// The logins.
    pub users: Users,
    /// How much of everything.
    pub data: Data,
    /// What rows are made of.
    pub vocabulary: Vocabulary,
}

/// One of the three files, as it was read.
struct File {
    name: String,
    text: String,
}

/// Why a description cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum DescriptionError {
    /// A file cannot be read.
    #[error("cannot read `{}`: {reason}", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: std::io::Error,
    },
    /// The tables of the project's own.
    #[error(transparent)]
    Own(#[from] OwnError),
    /// A file does not say what it should.
    #[error("{message}")]
    Invalid {
        /// What is wrong.
        message: String,
        /// Where.
        location: Location,
    },
}

impl Explain for DescriptionError {
    fn kind(&self) -> Kind {
        Kind::Usage
    }

    fn location(&self) -> Option<Location> {
        match self {
            Self::Unreadable { .. } => None,
            Self::Own(error) => error.location(),
            Self::Invalid { location, .. } => Some(location.clone()),
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Own(error) => error.help(),
            Self::Unreadable { .. } | Self::Invalid { .. } => None,
        }
    }
}

impl Description {
    /// Reads the three files of `folder`; each that is not there is crmctl's own.
    pub fn read(folder: &Path) -> Result<Self, DescriptionError> {
        let file = |name: &str, default: &str| match std::fs::read_to_string(folder.join(name)) {
            Ok(text) => Ok(File { name: folder.join(name).display().to_string(), text }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Ok(File { name: format!("crmctl's own {name}"), text: default.to_owned() })
            }
            Err(reason) => Err(DescriptionError::Unreadable { path: folder.join(name), reason }),
        };
        Self::parse(&[
            file("users.toml", include_str!("../../seeds/users.toml"))?,
            file("data.toml", include_str!("../../seeds/data.toml"))?,
            file("vocabulary.toml", include_str!("../../seeds/vocabulary.toml"))?,
        ])
    }

    fn parse([users, data, vocabulary]: &[File; 3]) -> Result<Self, DescriptionError> {
        let description = Self { users: toml(users)?, data: toml(data)?, vocabulary: toml(vocabulary)? };
        check_users(&description.users).map_err(|fault| fault.in_file(users))?;
        check_vocabulary(&description.vocabulary).map_err(|fault| fault.in_file(vocabulary))?;
        check_data(&description.data, &description.vocabulary).map_err(|fault| fault.in_file(data))?;
        Ok(description)
    }
}

fn toml<T: DeserializeOwned>(file: &File) -> Result<T, DescriptionError> {
    toml::from_str(&file.text).map_err(|error| DescriptionError::Invalid {
        message: error.message().lines().next().unwrap_or_default().to_owned(),
        location: Location::of_offset(&file.name, &file.text, error.span().map_or(0, |span| span.start)),
    })
}

/// What is wrong with a file, and a text in it that shows where.
struct Fault {
    message: String,
    near: String,
}

impl Fault {
    fn new(near: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), near: near.to_owned() }
    }

    fn in_file(self, file: &File) -> DescriptionError {
        let offset = file.text.find(&self.near).unwrap_or(0);
        DescriptionError::Invalid {
            message: self.message,
            location: Location::of_offset(&file.name, &file.text, offset),
        }
    }
}

fn check_users(users: &Users) -> Result<(), Fault> {
    for role in Role::ALL {
        if users.users.iter().filter(|user| user.role == role).count() != 1 {
            return Err(Fault::new(
                "[[users]]",
                format!("there must be exactly one user with the role `{role}`"),
            ));
        }
    }
    for user in &users.users {
        if user.administrator != (user.role == Role::Admin) {
            return Err(Fault::new(
                &user.email,
                format!("`administrator` of `{}` contradicts its role", user.email),
            ));
        }
    }
    Ok(())
}

fn check_vocabulary(words: &Vocabulary) -> Result<(), Fault> {
    let lists: [(&str, bool); 13] = [
        ("industries", words.industries.is_empty()),
        ("departments", words.departments.is_empty()),
        ("job_titles", words.job_titles.is_empty()),
        ("lost_reasons", words.lost_reasons.is_empty()),
        ("opportunity_names", words.opportunity_names.is_empty()),
        ("contact_notes", words.contact_notes.is_empty()),
        ("opportunity_notes", words.opportunity_notes.is_empty()),
        ("task_descriptions", words.task_descriptions.is_empty()),
        ("cities", words.cities.is_empty()),
        ("streets", words.streets.is_empty()),
        ("[names]", words.names.first.is_empty() || words.names.last.is_empty()),
        (
            "[companies]",
            words.companies.start.is_empty()
                || words.companies.middle.is_empty()
                || words.companies.kind.is_empty(),
        ),
        ("product_categories", words.product_categories.is_empty()),
    ];
    if let Some((name, _)) = lists.iter().find(|(_, empty)| *empty) {
        return Err(Fault::new(name, format!("the list `{name}` is empty")));
    }
    for (index, category) in words.product_categories.iter().enumerate() {
        let name = &category.name;
        if category.items.is_empty() || category.units.is_empty() {
            return Err(Fault::new(name, format!("the product category `{name}` has no items or no units")));
        }
        if words.product_categories[..index]
            .iter()
            .any(|other| other.code.eq_ignore_ascii_case(&category.code))
        {
            return Err(Fault::new(
                name,
                format!("the code `{}` of `{name}` is another category's", category.code),
            ));
        }
    }
    Ok(())
}

fn check_data(data: &Data, words: &Vocabulary) -> Result<(), Fault> {
    let groups = &data.weights;
    for (name, weights) in [
        ("organization_type", &groups.organization_type),
        ("priority", &groups.priority),
        ("contact_status", &groups.contact_status),
        ("opportunity_category", &groups.opportunity_category),
        ("opportunity_stage", &groups.opportunity_stage),
        ("activity_type", &groups.activity_type),
        ("activity_outcome", &groups.activity_outcome),
        ("task_type", &groups.task_type),
        ("task_priority", &groups.task_priority),
    ] {
        if weights.values().all(|weight| *weight == 0) {
            return Err(Fault::new(&format!("weights.{name}"), format!("all weights of `{name}` are zero")));
        }
    }
    for stage in groups.opportunity_stage.keys() {
        if !data.probability.contains_key(stage) {
            return Err(Fault::new("[probability]", format!("the stage `{stage}` has no probability")));
        }
    }
    for (name, weights, texts) in [
        ("activity_type", &groups.activity_type, &words.activity_subjects),
        ("task_type", &groups.task_type, &words.task_titles),
    ] {
        if let Some(missing) = weights.keys().find(|kind| texts.get(*kind).is_none_or(Vec::is_empty)) {
            return Err(Fault::new(
                &format!("weights.{name}"),
                format!("the vocabulary has no texts for the {name} `{missing}`"),
            ));
        }
    }
    check_volumes(data, words)
}

fn check_volumes(data: &Data, words: &Vocabulary) -> Result<(), Fault> {
    let total = |table| Role::ALL.iter().map(|role| data.volume(table, *role)).sum::<u64>();
    for (table, words) in [(Table::Segments, words.segments.len()), (Table::Tags, words.tags.len())] {
        if total(table) > words as u64 {
            return Err(Fault::new("[volumes", format!("the vocabulary has only {words} {}", table.name())));
        }
    }
    for role in Role::ALL {
        let volume = |table| data.volume(table, role);
        let near = format!("[volumes.{role}]");
        let pairs = [
            (Table::OpportunityProducts, volume(Table::Opportunities) * total(Table::Products)),
            (Table::OrganizationTags, volume(Table::Organizations) * total(Table::Tags)),
            (Table::ContactTags, volume(Table::Contacts) * total(Table::Tags)),
            (Table::ContactNotes, volume(Table::Contacts).saturating_mul(u64::MAX)),
            (Table::OpportunityNotes, volume(Table::Opportunities).saturating_mul(u64::MAX)),
            (Table::Opportunities, volume(Table::Organizations).saturating_mul(u64::MAX)),
        ];
        for (table, most) in pairs {
            if volume(table) > most {
                let name = table.name();
                return Err(Fault::new(
                    &near,
                    format!("`{role}` can have at most {most} {name}: there is no more to link"),
                ));
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> [File; 3] {
        [
            ("users.toml", include_str!("../../seeds/users.toml")),
            ("data.toml", include_str!("../../seeds/data.toml")),
            ("vocabulary.toml", include_str!("../../seeds/vocabulary.toml")),
        ]
        .map(|(name, text)| File { name: name.to_owned(), text: text.to_owned() })
    }

    #[test]
    fn a_project_without_seeds_gets_those_of_crmctl() {
        let description = Description::read(Path::new("/nowhere")).unwrap();

        assert_eq!(description.users.users.len(), 3);
        assert_eq!(description.data.volume(Table::Contacts, Role::Admin), 100);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_says_where() {
        let mut files = own();
        files[1].text = files[1].text.replace("reference_date", "referenz");

        let error = Description::parse(&files).expect_err("a key is wrong");
        assert!(error.to_string().starts_with("unknown field `referenz`"), "{error}");
        assert_eq!(error.location().unwrap().column, 1);
        assert!(error.location().unwrap().to_string().starts_with("data.toml:"));
    }

    #[test]
    fn more_links_than_there_are_things_to_link_is_an_error() {
        let mut files = own();
        files[1].text = files[1].text.replace("contact_tags = 32", "contact_tags = 4000");

        let error = Description::parse(&files).expect_err("40 contacts wear at most 12 tags each");
        assert_eq!(
            error.to_string(),
            "`account_manager` can have at most 480 contact_tags: there is no more to link"
        );
        assert_eq!(error.location().unwrap().excerpt, "[volumes.account_manager]");
    }
}
