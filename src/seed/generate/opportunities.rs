//! Deals and what is offered in them.

use crate::seed::generate::model::{Model, Owner, draw, fill, link};
use crate::seed::generate::organizations::Contact;
use crate::seed::generate::time::Moment;
use crate::seed::generate::words::dealt;
use crate::seed::generate::{Fields, Table};
use crate::seed::random::Random;

/// A deal, as far as other rows speak of it.
pub(crate) struct Opportunity<'model> {
    /// Whose deal it is; a deal without a contact has an organization of its own.
    pub(crate) organization: u64,
    pub(crate) organization_name: String,
    pub(crate) contact: Option<(u64, Contact<'model>)>,
    stage: &'model str,
    cents: u64,
    pub(crate) created: Moment,
    /// The last moment something happened: when it was closed, or shortly before "today".
    pub(crate) last: Moment,
    random: Random,
}

impl Model {
    pub(crate) fn opportunity(&self, owner: Owner, index: u64) -> Opportunity<'_> {
        let mut random = self.random(Table::Opportunities, owner, index);
        let block = self.block(Table::Opportunities, owner, index);
        let contact = self
            .pick(Table::Contacts, owner, block, &mut random)
            .map(|index| (index, self.contact(owner, index)));
        let (organization, company) = if let Some((index, _)) =
            contact.as_ref().and_then(|(_, contact)| contact.organization.as_ref())
        {
            (*index, None)
        } else {
            // The description is refused when it asks for deals without organizations.
            let index = self.pick(Table::Organizations, owner, block, &mut random).unwrap_or_default();
            (index, Some(self.organization(owner, index)))
        };
        let employer = contact.as_ref().and_then(|(_, contact)| contact.organization.as_ref());
        let company = company.as_ref().or(employer.map(|(_, company)| company));
        let organization_name = company.map(|company| company.name.clone()).unwrap_or_default();
        let stage = stage(&mut random, self, company.map(|company| company.kind));
        let known = company.map_or(self.beginning, |company| company.created);
        let known = contact.as_ref().map_or(known, |(_, contact)| contact.created.max(known));
        let created = self.opened(&mut random, stage, known);
        let yesterday = self.reference.minus_days(1);
        let last = if is_closed(stage) { Moment::draw(&mut random, created, yesterday) } else { yesterday };
        let cents = amount(&mut random, self.data.bounds.opportunity_amount);
        Opportunity { organization, organization_name, contact, stage, cents, created, last, random }
    }

    /// A deal that has come far began long ago; its contact was known before.
    fn opened(&self, random: &mut Random, stage: &str, known: Moment) -> Moment {
        let latest = self.reference.minus_days(2);
        let [youngest, oldest] = match stage {
            "new_lead" => [2, 30],
            "initial_outreach" => [4, 50],
            "sample_visit_offered" => [8, 75],
            "awaiting_response" => [12, 95],
            "feedback_logged" => [18, 120],
            "demo_scheduled" => [24, 150],
            _ => [30, 365],
        };
        let earliest = known.max(self.reference.minus_days(oldest));
        Moment::draw(random, earliest, latest.min(self.reference.minus_days(youngest)).max(earliest))
    }
}

fn is_closed(stage: &str) -> bool {
    matches!(stage, "closed_won" | "closed_lost")
}

/// A stage that fits the organization: whoever bought is no prospect any more.
fn stage<'model>(random: &mut Random, model: &'model Model, kind: Option<&str>) -> &'model str {
    let weights = &model.data.weights.opportunity_stage;
    let mut stage = draw(random, weights);
    for _ in 0..16 {
        if stage != "closed_won" || kind != Some("prospect") {
            break;
        }
        stage = draw(random, weights);
    }
    stage
}

/// Cents, in round dollars: small deals are more frequent than large ones.
fn amount(random: &mut Random, [low, high]: [u32; 2]) -> u64 {
    let (low, high) = (i64::from(low), i64::from(high));
    let first = random.between(low, high);
    let second = random.between(low, high);
    let third = random.between(low, high);
    let dollars = first.min(second).min(third);
    (dollars / 10 * 10).max(low).unsigned_abs() * 100
}

impl Opportunity<'_> {
    pub(crate) fn write(mut self, model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
        let random = &mut self.random;
        let block = model.block(Table::Opportunities, owner, index);
        let product = model.some_product(block, random);
        let (name, category) = product.as_ref().map_or(("the catalogue", "Menu"), |product| {
            (product.name.as_str(), product.category.name.as_str())
        });
        let words = [
            ("{organization}", self.organization_name.as_str()),
            ("{product}", name),
            ("{category}", category),
        ];
        let title = fill(random.word(&model.vocabulary.opportunity_names), &words);
        let is_closed = is_closed(self.stage);
        let planned = i64::from(model.data.bounds.planned_days.max(1));
        let close = is_closed.then(|| self.last.day());
        let expected = match close {
            Some(day) => day.plus(random.between(-7, 14)).max(self.created.day()).workday(),
            None => model.reference.day().plus(random.between(1, planned)).workday(),
        };
        let reason = random.word(&model.vocabulary.lost_reasons);
        let updated = if is_closed { self.last } else { model.updated(random, self.created) };
        fields
            .put(model.id(Table::Opportunities, owner, index))
            .put(owner.id)
            .put(model.id(Table::Organizations, owner, self.organization))
            .maybe(self.contact.as_ref().map(|(index, _)| model.id(Table::Contacts, owner, *index)))
            .put(title)
            .put(draw(random, &model.data.weights.opportunity_category))
            .put(self.stage)
            .money(self.cents)
            .put(model.data.probability.get(self.stage).copied().unwrap_or(50))
            .day(Some(expected))
            .day(close)
            .maybe((self.stage == "closed_lost").then_some(reason));
        let deleted = model.deleted(random, updated);
        fields.life(self.created, updated, deleted);
    }
}

/// A line of a deal. Lines are dealt out in turn, and share the deal's amount as far as the bounds let them.
pub(crate) fn line(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let (deal, turn) = dealt(model, owner, index, (Table::OpportunityProducts, Table::Opportunities));
    let block = model.block(Table::OpportunityProducts, owner, index);
    let opportunity = model.opportunity(owner, deal);
    let mut by_deal = model.random(Table::OpportunityProducts, owner, deal);
    let products = model.places(Table::Products, block);
    let position = products.start + link(&mut by_deal, turn, (products.end - products.start).max(1));
    let product = model.product(position);
    let mut random = model.random(Table::OpportunityProducts, owner, index);
    let count = |table| {
        let rows = model.in_block(table, owner, block);
        (rows.end - rows.start).max(1)
    };
    let (all, deals) = (count(Table::OpportunityProducts), count(Table::Opportunities));
    let lines = all.saturating_sub(deal % deals).div_ceil(deals).max(1);
    let [low, high] = model.data.bounds.quantity.map(u64::from);
    let quantity = (opportunity.cents / lines / product.cents.max(1)).clamp(low, high.max(low));
    let created = Moment::draw(&mut random, opportunity.created, opportunity.last);
    fields
        .put(model.id(Table::OpportunityProducts, owner, index))
        .put(owner.id)
        .put(model.id(Table::Opportunities, owner, deal))
        .maybe(model.shared_id(Table::Products, position))
        .put(format_args!("{quantity}.000"))
        .money(product.cents)
        .put(random.pick(&["0.00", "0.00", "0.00", "2.50", "5.00", "10.00"]));
    fields.life(created, created, None);
}
