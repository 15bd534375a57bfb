//! What people did, noted and have to do.

use uuid::Uuid;

use crate::seed::generate::model::{Model, Owner, draw, fill};
use crate::seed::generate::time::Moment;
use crate::seed::generate::{Fields, Table};
use crate::seed::random::Random;

/// What an activity or a task is about, all of one customer, and when it can have been.
struct Subject {
    organization: Option<Uuid>,
    contact: Option<Uuid>,
    opportunity: Option<Uuid>,
    organization_name: String,
    first_name: String,
    product_name: String,
    earliest: Moment,
    latest: Moment,
}

impl Subject {
    /// A deal of the owner's, or one of his contacts, or a customer, as far as he has any.
    fn draw(model: &Model, owner: Owner, block: u64, random: &mut Random) -> Self {
        let has = |table| !model.in_block(table, owner, block).is_empty();
        if has(Table::Opportunities) && (!has(Table::Contacts) || random.percent(45)) {
            return Self::of_opportunity(model, owner, block, random);
        }
        if has(Table::Contacts) {
            return Self::of_contact(model, owner, block, random);
        }
        let mut subject = Self::nothing(model, block, random);
        if let Some(index) = model.pick(Table::Organizations, owner, block, random) {
            let organization = model.organization(owner, index);
            subject.organization = Some(model.id(Table::Organizations, owner, index));
            subject.organization_name = organization.name;
            subject.earliest = organization.created;
        }
        subject
    }

    fn nothing(model: &Model, block: u64, random: &mut Random) -> Self {
        Self {
            organization: None,
            contact: None,
            opportunity: None,
            organization_name: "the customer".to_owned(),
            first_name: "the buyer".to_owned(),
            product_name: model
                .some_product(block, random)
                .map_or_else(|| "the catalogue".to_owned(), |product| product.name),
            earliest: model.beginning,
            latest: model.reference.minus_days(1),
        }
    }

    fn of_contact(model: &Model, owner: Owner, block: u64, random: &mut Random) -> Self {
        let index = model.pick(Table::Contacts, owner, block, random).unwrap_or_default();
        let contact = model.contact(owner, index);
        let mut subject = Self::nothing(model, block, random);
        subject.contact = Some(model.id(Table::Contacts, owner, index));
        contact.first_name.clone_into(&mut subject.first_name);
        subject.earliest = contact.created;
        if let Some((index, organization)) = contact.organization {
            subject.organization = Some(model.id(Table::Organizations, owner, index));
            subject.organization_name = organization.name;
        }
        subject
    }

    fn of_opportunity(model: &Model, owner: Owner, block: u64, random: &mut Random) -> Self {
        let index = model.pick(Table::Opportunities, owner, block, random).unwrap_or_default();
        let opportunity = model.opportunity(owner, index);
        let mut subject = Self::nothing(model, block, random);
        subject.opportunity = Some(model.id(Table::Opportunities, owner, index));
        subject.organization = Some(model.id(Table::Organizations, owner, opportunity.organization));
        subject.organization_name = opportunity.organization_name;
        if let Some((index, contact)) = opportunity.contact {
            subject.contact = Some(model.id(Table::Contacts, owner, index));
            contact.first_name.clone_into(&mut subject.first_name);
        }
        (subject.earliest, subject.latest) = (opportunity.created, opportunity.last);
        subject
    }

    fn fill(&self, template: &str) -> String {
        fill(
            template,
            &[
                ("{organization}", &self.organization_name),
                ("{contact}", &self.first_name),
                ("{product}", &self.product_name),
            ],
        )
    }

    fn moment(&self, random: &mut Random) -> Moment {
        Moment::draw(random, self.earliest, self.latest)
    }
}

pub(crate) fn contact_note(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let mut random = model.random(Table::ContactNotes, owner, index);
    let block = model.block(Table::ContactNotes, owner, index);
    let subject = Subject::of_contact(model, owner, block, &mut random);
    let body = subject.fill(random.word(&model.vocabulary.contact_notes));
    fields.put(model.id(Table::ContactNotes, owner, index)).put(owner.id).maybe(subject.contact).put(body);
    end_note(model, &subject, random, fields);
}

pub(crate) fn opportunity_note(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let mut random = model.random(Table::OpportunityNotes, owner, index);
    let block = model.block(Table::OpportunityNotes, owner, index);
    let subject = Subject::of_opportunity(model, owner, block, &mut random);
    let body = subject.fill(random.word(&model.vocabulary.opportunity_notes));
    fields
        .put(model.id(Table::OpportunityNotes, owner, index))
        .put(owner.id)
        .maybe(subject.opportunity)
        .put(body);
    end_note(model, &subject, random, fields);
}

fn end_note(model: &Model, subject: &Subject, mut random: Random, fields: &mut Fields) {
    let noted = subject.moment(&mut random);
    let deleted = model.deleted(&mut random, noted);
    fields.put(noted).life(noted, noted, deleted);
}

pub(crate) fn task(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let mut random = model.random(Table::Tasks, owner, index);
    let subject = Subject::draw(model, owner, model.block(Table::Tasks, owner, index), &mut random);
    let kind = draw(&mut random, &model.data.weights.task_type);
    let title = subject.fill(random.word(&model.vocabulary.task_titles[kind]));
    let description = subject.fill(random.word(&model.vocabulary.task_descriptions));
    let created = subject.moment(&mut random);
    let planned = i64::from(model.data.bounds.planned_days.max(1));
    let completed = random
        .percent(model.data.percent.tasks_completed)
        .then(|| Moment::draw(&mut random, created, model.reference.minus_days(1)));
    let due = match completed {
        Some(completed) => completed.day().plus(random.between(-2, 5)).max(created.day()).workday(),
        // A few are overdue, as everywhere.
        None => model.reference.day().plus(random.between(-5, planned)).max(created.day()).workday(),
    };
    let updated = completed.unwrap_or(created);
    fields
        .put(model.id(Table::Tasks, owner, index))
        .put(owner.id)
        .maybe(subject.organization)
        .maybe(subject.contact)
        .maybe(subject.opportunity)
        .put(kind)
        .put(title)
        .maybe((!description.is_empty()).then_some(description))
        .put(draw(&mut random, &model.data.weights.task_priority))
        .day(Some(due))
        .maybe(completed);
    let deleted = model.deleted(&mut random, updated);
    fields.life(created, updated, deleted);
}

pub(crate) fn activity(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let mut random = model.random(Table::Activities, owner, index);
    let block = model.block(Table::Activities, owner, index);
    let subject = Subject::draw(model, owner, block, &mut random);
    let kind = draw(&mut random, &model.data.weights.activity_type);
    let title = subject.fill(random.word(&model.vocabulary.activity_subjects[kind]));
    let texts = if subject.opportunity.is_some() {
        &model.vocabulary.opportunity_notes
    } else {
        &model.vocabulary.contact_notes
    };
    let body = random.percent(35).then(|| subject.fill(random.word(texts)));
    let occurred = subject.moment(&mut random);
    let [shortest, longest] = model.data.bounds.duration_minutes.map(i64::from);
    let duration = random.between(shortest, longest) / 5 * 5;
    fields
        .put(model.id(Table::Activities, owner, index))
        .put(owner.id)
        .maybe(subject.organization)
        .maybe(subject.contact)
        .maybe(subject.opportunity)
        .put(kind)
        .put(title)
        .maybe(body)
        .put(outcome(&mut random, model, kind))
        .put(occurred)
        // A mail and a box of samples take no time that anybody counts.
        .maybe((!matches!(kind, "email" | "sample")).then_some(duration.max(shortest)));
    let deleted = model.deleted(&mut random, occurred);
    fields.life(occurred, occurred, deleted);
}

/// An outcome that fits: only calls and mails go unanswered.
fn outcome<'model>(random: &mut Random, model: &'model Model, kind: &str) -> &'model str {
    let weights = &model.data.weights.activity_outcome;
    let mut outcome = draw(random, weights);
    for _ in 0..16 {
        if outcome != "no_answer" || matches!(kind, "call" | "email") {
            break;
        }
        outcome = draw(random, weights);
    }
    outcome
}
