//! The tables that are filled, and their columns.

use serde::{Serialize, Serializer};

/// A table that rows are generated for. The numbers are part of ids and of chance: never change one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Table {
    Segments = 1,
    Tags = 2,
    Organizations = 3,
    OrganizationTags = 4,
    Contacts = 5,
    ContactTags = 6,
    ContactNotes = 7,
    Products = 8,
    Opportunities = 9,
    OpportunityProducts = 10,
    OpportunityNotes = 11,
    Tasks = 12,
    Activities = 13,
}

impl Table {
    /// All of them, parents before children.
    pub const ALL: [Self; 13] = [
        Self::Segments,
        Self::Tags,
        Self::Products,
        Self::Organizations,
        Self::OrganizationTags,
        Self::Contacts,
        Self::ContactTags,
        Self::ContactNotes,
        Self::Opportunities,
        Self::OpportunityProducts,
        Self::OpportunityNotes,
        Self::Tasks,
        Self::Activities,
    ];

    /// Its name in the schema `public`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Segments => "segments",
            Self::Tags => "tags",
            Self::Organizations => "organizations",
            Self::OrganizationTags => "organization_tags",
            Self::Contacts => "contacts",
            Self::ContactTags => "contact_tags",
            Self::ContactNotes => "contact_notes",
            Self::Products => "products",
            Self::Opportunities => "opportunities",
            Self::OpportunityProducts => "opportunity_products",
            Self::OpportunityNotes => "opportunity_notes",
            Self::Tasks => "tasks",
            Self::Activities => "activities",
        }
    }

    /// Whether `--scale` multiplies it. Lists of words have no more words than they have.
    #[must_use]
    pub fn is_scaled(self) -> bool {
        !matches!(self, Self::Segments | Self::Tags)
    }

    /// The columns that together are its key.
    #[must_use]
    pub fn key(self) -> &'static [&'static str] {
        match self {
            Self::OrganizationTags => &["organization_id", "tag_id"],
            Self::ContactTags => &["contact_id", "tag_id"],
            _ => &["id"],
        }
    }

    /// Whether it is a mere link between two rows.
    #[must_use]
    pub fn is_link(self) -> bool {
        self.key().len() == 2
    }

    /// Whether its live rows have a second key, a name or a code: rows must be taken out of its way before
    /// others can have what was theirs.
    #[must_use]
    pub fn has_second_key(self) -> bool {
        matches!(self, Self::Segments | Self::Tags | Self::Products | Self::OpportunityProducts)
    }

    /// The columns that are written, in the order of the generated fields.
    #[must_use]
    pub fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Segments => SEGMENTS,
            Self::Tags => TAGS,
            Self::Organizations => ORGANIZATIONS,
            Self::OrganizationTags => ORGANIZATION_TAGS,
            Self::Contacts => CONTACTS,
            Self::ContactTags => CONTACT_TAGS,
            Self::ContactNotes => CONTACT_NOTES,
            Self::Products => PRODUCTS,
            Self::Opportunities => OPPORTUNITIES,
            Self::OpportunityProducts => OPPORTUNITY_PRODUCTS,
            Self::OpportunityNotes => OPPORTUNITY_NOTES,
            Self::Tasks => TASKS,
            Self::Activities => ACTIVITIES,
        }
    }
}

#[rustfmt::skip]
const SEGMENTS: &[&str] = &[
    "id", "sales_id", "name", "description", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const TAGS: &[&str] = &["id", "sales_id", "name", "color", "created_at", "updated_at", "deleted_at"];
#[rustfmt::skip]
const ORGANIZATIONS: &[&str] = &[
    "id", "sales_id", "segment_id", "name", "organization_type", "priority", "industry", "website",
    "phone", "email", "address", "city", "state", "postal_code", "country", "employee_count",
    "annual_revenue", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const ORGANIZATION_TAGS: &[&str] = &["organization_id", "tag_id", "sales_id", "created_at"];
#[rustfmt::skip]
const CONTACTS: &[&str] = &[
    "id", "sales_id", "organization_id", "first_name", "last_name", "job_title", "department",
    "email", "phone", "mobile", "linkedin_url", "city", "state", "status", "do_not_contact",
    "last_seen_at", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const CONTACT_TAGS: &[&str] = &["contact_id", "tag_id", "sales_id", "created_at"];
#[rustfmt::skip]
const CONTACT_NOTES: &[&str] = &[
    "id", "sales_id", "contact_id", "body", "noted_at", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const PRODUCTS: &[&str] = &[
    "id", "sales_id", "sku", "name", "description", "category", "unit", "unit_price",
    "sample_available", "active", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const OPPORTUNITIES: &[&str] = &[
    "id", "sales_id", "organization_id", "contact_id", "name", "category", "stage", "amount",
    "probability", "expected_close_date", "close_date", "lost_reason", "created_at", "updated_at",
    "deleted_at",
];
#[rustfmt::skip]
const OPPORTUNITY_PRODUCTS: &[&str] = &[
    "id", "sales_id", "opportunity_id", "product_id", "quantity", "unit_price", "discount_percent",
    "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const OPPORTUNITY_NOTES: &[&str] = &[
    "id", "sales_id", "opportunity_id", "body", "noted_at", "created_at", "updated_at",
    "deleted_at",
];
#[rustfmt::skip]
const TASKS: &[&str] = &[
    "id", "sales_id", "organization_id", "contact_id", "opportunity_id", "type", "title",
    "description", "priority", "due_date", "completed_at", "created_at", "updated_at", "deleted_at",
];
#[rustfmt::skip]
const ACTIVITIES: &[&str] = &[
    "id", "sales_id", "organization_id", "contact_id", "opportunity_id", "type", "subject", "body",
    "outcome", "occurred_at", "duration_minutes", "created_at", "updated_at", "deleted_at",
];

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
