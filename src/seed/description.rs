//! What to seed: the types of `users.toml`, `data.toml` and `vocabulary.toml`.

use std::collections::BTreeMap;
use std::fmt;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use crate::seed::generate::Table;

/// What a test user may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Role {
    /// Sees and changes everything.
    Admin = 0,
    /// Sees everything, changes his own.
    SalesDirector = 1,
    /// Sees and changes his own.
    AccountManager = 2,
}

impl Role {
    /// All roles, in the order of the users.
    pub const ALL: [Self; 3] = [Self::Admin, Self::SalesDirector, Self::AccountManager];

    /// The name of it in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::SalesDirector => "sales_director",
            Self::AccountManager => "account_manager",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

/// `users.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Users {
    /// The variable that holds the password of all of them.
    pub password_env: String,
    /// The logins.
    pub users: Vec<User>,
}

/// One login of `users.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// What it may do.
    pub role: Role,
    /// The variable that may name another address.
    pub email_env: String,
    /// The address without that variable.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// The older way to say that the role is admin.
    pub administrator: bool,
}

/// How often each value is drawn, relative to the others. Ordered by name, so that the order in the file is nothing.
pub(crate) type Weights = BTreeMap<String, u32>;

/// `data.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Other numbers give other rows.
    pub seed: u64,
    /// "Today" of the generated rows.
    pub reference_date: NaiveDate,
    /// Rows of each role.
    pub volumes: RoleVolumes,
    /// How often each value is drawn.
    pub weights: WeightGroups,
    /// Chance of winning a deal in each stage.
    pub probability: BTreeMap<String, u8>,
    /// Shares in percent.
    pub percent: Percent,
    /// Bounds.
    pub bounds: Bounds,
}

/// `[volumes.*]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleVolumes {
    /// Rows of the admin.
    pub admin: Volumes,
    /// Rows of the sales director.
    pub sales_director: Volumes,
    /// Rows of the account manager.
    pub account_manager: Volumes,
}

/// Rows per table.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Volumes {
    pub segments: u32,
    pub tags: u32,
    pub organizations: u32,
    pub contacts: u32,
    pub contact_notes: u32,
    pub products: u32,
    pub opportunities: u32,
    pub opportunity_products: u32,
    pub opportunity_notes: u32,
    pub tasks: u32,
    pub activities: u32,
    pub organization_tags: u32,
    pub contact_tags: u32,
}

impl Data {
    /// Rows of a table that a role owns, without scale.
    #[must_use]
    pub fn volume(&self, table: Table, role: Role) -> u64 {
        let volumes = match role {
            Role::Admin => &self.volumes.admin,
            Role::SalesDirector => &self.volumes.sales_director,
            Role::AccountManager => &self.volumes.account_manager,
        };
        u64::from(match table {
            Table::Segments => volumes.segments,
            Table::Tags => volumes.tags,
            Table::Organizations => volumes.organizations,
            Table::OrganizationTags => volumes.organization_tags,
            Table::Contacts => volumes.contacts,
            Table::ContactTags => volumes.contact_tags,
            Table::ContactNotes => volumes.contact_notes,
            Table::Products => volumes.products,
            Table::Opportunities => volumes.opportunities,
            Table::OpportunityProducts => volumes.opportunity_products,
            Table::OpportunityNotes => volumes.opportunity_notes,
            Table::Tasks => volumes.tasks,
            Table::Activities => volumes.activities,
        })
    }
}

/// `[weights.*]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WeightGroups {
    pub organization_type: Weights,
    pub priority: Weights,
    pub contact_status: Weights,
    pub opportunity_category: Weights,
    pub opportunity_stage: Weights,
    pub activity_type: Weights,
    pub activity_outcome: Weights,
    pub task_type: Weights,
    pub task_priority: Weights,
}

/// `[percent]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Percent {
    pub tasks_completed: u8,
    pub contacts_do_not_contact: u8,
    pub products_inactive: u8,
    pub soft_deleted: u8,
}

/// `[bounds]`: lowest and highest.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    pub opportunity_amount: [u32; 2],
    pub history_days: u16,
    pub planned_days: u16,
    pub employee_count: [u32; 2],
    pub quantity: [u32; 2],
    pub duration_minutes: [u32; 2],
}

/// `vocabulary.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    pub industries: Vec<String>,
    pub departments: Vec<String>,
    pub job_titles: Vec<String>,
    pub lost_reasons: Vec<String>,
    pub opportunity_names: Vec<String>,
    pub contact_notes: Vec<String>,
    pub opportunity_notes: Vec<String>,
    pub task_descriptions: Vec<String>,
    pub segments: Vec<Segment>,
    pub tags: Vec<Tag>,
    pub cities: Vec<City>,
    pub streets: Vec<String>,
    pub names: Names,
    pub companies: Companies,
    pub activity_subjects: BTreeMap<String, Vec<String>>,
    pub task_titles: BTreeMap<String, Vec<String>>,
    pub product_categories: Vec<ProductCategory>,
}

/// A market segment.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Segment {
    pub name: String,
    pub description: String,
}

/// A label.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tag {
    pub name: String,
    pub color: String,
}

/// Where organizations are.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the column is called city")]
pub struct City {
    pub city: String,
    pub state: String,
    pub postal_code: String,
    pub area_code: String,
}

/// What names of people are put together from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Names {
    pub first: Vec<String>,
    pub last: Vec<String>,
}

/// What names of companies are put together from.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Companies {
    pub start: Vec<String>,
    pub middle: Vec<String>,
    pub kind: Vec<String>,
}

/// A part of the catalogue.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductCategory {
    pub name: String,
    pub code: String,
    pub units: Vec<String>,
    pub price: [u32; 2],
    pub items: Vec<String>,
}
