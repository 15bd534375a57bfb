//! Whether a description makes sense in itself. Pure.

use chrono::Datelike;

use crate::seed::description::{Bounds, Data, Percent, Role, Users, Vocabulary};
use crate::seed::generate::Table;

/// What is wrong with a file, and a text in it that shows where.
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) near: String,
}

impl Fault {
    fn new(near: &str, message: impl Into<String>) -> Self {
        Self { message: message.into(), near: near.to_owned() }
    }
}

pub(crate) fn users(users: &Users) -> Result<(), Fault> {
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

pub(crate) fn vocabulary(words: &Vocabulary) -> Result<(), Fault> {
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
    // The addresses of people and companies are made of their names.
    let of_addresses = [&words.names.first, &words.names.last, &words.companies.start];
    let has_none = |word: &&String| !word.contains(|letter: char| letter.is_ascii_alphanumeric());
    if let Some(word) = of_addresses.into_iter().flatten().find(has_none) {
        let message = format!("`{word}` has no letter that an e-mail address could be made of");
        return Err(Fault::new(word, message));
    }
    for (index, category) in words.product_categories.iter().enumerate() {
        let name = &category.name;
        if category.items.is_empty() || category.units.is_empty() {
            return Err(Fault::new(name, format!("the product category `{name}` has no items or no units")));
        }
        if category.price[0] > category.price[1] {
            return Err(Fault::new(
                name,
                format!("the price of the product category `{name}` begins above its end"),
            ));
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

pub(crate) fn data(data: &Data, words: &Vocabulary) -> Result<(), Fault> {
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
    numbers(data)?;
    volumes(data, words)
}

/// Bounds, shares and days that nothing could be drawn from.
fn numbers(data: &Data) -> Result<(), Fault> {
    let Bounds { opportunity_amount, employee_count, quantity, duration_minutes, .. } = &data.bounds;
    for (name, [low, high]) in [
        ("opportunity_amount", opportunity_amount),
        ("employee_count", employee_count),
        ("quantity", quantity),
        ("duration_minutes", duration_minutes),
    ] {
        if low > high {
            return Err(Fault::new(name, format!("`{name}` begins above its end")));
        }
    }
    let Percent { tasks_completed, contacts_do_not_contact, products_inactive, soft_deleted } = data.percent;
    let shares = [
        ("tasks_completed", tasks_completed),
        ("contacts_do_not_contact", contacts_do_not_contact),
        ("products_inactive", products_inactive),
        ("soft_deleted", soft_deleted),
    ];
    if let Some((name, share)) = shares.into_iter().find(|(_, share)| *share > 100) {
        return Err(Fault::new(name, format!("`{name}` must be from 0 to 100, and is {share}")));
    }
    if let Some((stage, chance)) = data.probability.iter().find(|(_, chance)| **chance > 100) {
        let message = format!("the probability of `{stage}` must be from 0 to 100, and is {chance}");
        return Err(Fault::new("[probability]", message));
    }
    if !(1900..3000).contains(&data.reference_date.year()) {
        let message = format!("`reference_date` must be from 1900 to 2999, and is {}", data.reference_date);
        return Err(Fault::new("reference_date", message));
    }
    Ok(())
}

fn volumes(data: &Data, words: &Vocabulary) -> Result<(), Fault> {
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
            (Table::OpportunityProducts, volume(Table::Opportunities).saturating_mul(total(Table::Products))),
            (Table::OrganizationTags, volume(Table::Organizations).saturating_mul(total(Table::Tags))),
            (Table::ContactTags, volume(Table::Contacts).saturating_mul(total(Table::Tags))),
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
