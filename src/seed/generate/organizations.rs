//! Organizations and the people at them.

use crate::seed::description::City;
use crate::seed::generate::model::{Model, Owner, draw, slug};
use crate::seed::generate::time::Moment;
use crate::seed::generate::{Fields, Table};
use crate::seed::random::Random;

/// An organization, as far as other rows speak of it; the rest is drawn when it is written.
pub(crate) struct Organization<'model> {
    pub(crate) name: String,
    pub(crate) kind: &'model str,
    pub(crate) city: &'model City,
    pub(crate) created: Moment,
    random: Random,
}

/// A contact, as far as other rows speak of it.
pub(crate) struct Contact<'model> {
    pub(crate) first_name: &'model str,
    last_name: &'model str,
    /// The organization's index and itself.
    pub(crate) organization: Option<(u64, Organization<'model>)>,
    pub(crate) created: Moment,
    random: Random,
}

impl Model {
    pub(crate) fn organization(&self, owner: Owner, index: u64) -> Organization<'_> {
        let mut random = self.random(Table::Organizations, owner, index);
        let words = &self.vocabulary.companies;
        let (start, middle, kind) =
            (random.word(&words.start), random.word(&words.middle), random.word(&words.kind));
        let name =
            if middle.is_empty() { format!("{start} {kind}") } else { format!("{start} {middle} {kind}") };
        let kind = draw(&mut random, &self.data.weights.organization_type);
        let city = random.pick(&self.vocabulary.cities);
        let created = Moment::draw(&mut random, self.beginning, self.reference.minus_days(2));
        Organization { name, kind, city, created, random }
    }

    pub(crate) fn contact(&self, owner: Owner, index: u64) -> Contact<'_> {
        let mut random = self.random(Table::Contacts, owner, index);
        let block = self.block(Table::Contacts, owner, index);
        let (rows, employers) =
            (self.in_block(Table::Contacts, owner, block), self.in_block(Table::Organizations, owner, block));
        // Everybody gets one contact before anybody gets two.
        let first = employers.start + (index - rows.start);
        let employer = if employers.contains(&first) {
            Some(first)
        } else {
            self.pick(Table::Organizations, owner, block, &mut random)
        };
        let organization = employer.map(|employer| (employer, self.organization(owner, employer)));
        let first_name = random.word(&self.vocabulary.names.first);
        let last_name = random.word(&self.vocabulary.names.last);
        let known = organization.as_ref().map_or(self.beginning, |(_, organization)| organization.created);
        let created = Moment::draw(&mut random, known, self.reference.minus_days(2));
        Contact { first_name, last_name, organization, created, random }
    }
}

impl Organization<'_> {
    /// The domain of its website and of its mail addresses; `.example` belongs to nobody.
    fn domain(&self) -> String {
        format!("{}-{}.example", slug(&self.name, "-"), slug(&self.city.city, ""))
    }

    pub(crate) fn write(mut self, model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
        let domain = self.domain();
        let random = &mut self.random;
        let segments = model.base(Table::Segments);
        let segment = model.shared_id(Table::Segments, random.below(segments));
        let [low, high] = model.data.bounds.employee_count.map(i64::from);
        // Most are small: the smaller of two draws.
        let employees = random.between(low, high).min(random.between(low, high)).unsigned_abs();
        let revenue = employees * random.between(55_000, 140_000).unsigned_abs() / 1000 * 1000;
        let updated = model.updated(random, self.created);
        fields
            .put(model.id(Table::Organizations, owner, index))
            .put(owner.id)
            .maybe(segment)
            .put(&self.name)
            .put(self.kind)
            .put(draw(random, &model.data.weights.priority))
            .put(random.word(&model.vocabulary.industries))
            .put(format_args!("https://www.{domain}"))
            .put(phone(random, self.city))
            .put(format_args!("info@{domain}"))
            .put(format_args!("{} {}", random.between(1, 9999), random.word(&model.vocabulary.streets)))
            .put(&self.city.city)
            .put(&self.city.state)
            .put(&self.city.postal_code)
            .put("US")
            .put(employees)
            .money(revenue * 100);
        let deleted = model.deleted(random, updated);
        fields.life(self.created, updated, deleted);
    }
}

impl Contact<'_> {
    pub(crate) fn write(mut self, model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
        let random = &mut self.random;
        let address = format!("{}.{}", slug(self.first_name, ""), slug(self.last_name, ""));
        let organization = self.organization.as_ref().map(|(_, organization)| organization);
        let domain = organization.map_or_else(|| "mail.example".to_owned(), Organization::domain);
        let city = organization
            .map_or_else(|| random.pick(&model.vocabulary.cities), |organization| organization.city);
        let status = status(random, model, organization.map(|organization| organization.kind));
        let seen = Moment::draw(random, self.created, model.reference.minus_days(1));
        let updated = seen;
        fields
            .put(model.id(Table::Contacts, owner, index))
            .put(owner.id)
            .maybe(self.organization.as_ref().map(|(index, _)| model.id(Table::Organizations, owner, *index)))
            .put(self.first_name)
            .put(self.last_name)
            .put(random.word(&model.vocabulary.job_titles))
            .put(random.word(&model.vocabulary.departments))
            .put(format_args!("{address}@{domain}"))
            .put(phone(random, city));
        let mobile = random.percent(60).then(|| phone(random, city));
        let profile = random.percent(50);
        fields
            .maybe(mobile)
            .maybe(
                profile.then(|| format!("https://www.linkedin.com/in/{}-example", address.replace('.', "-"))),
            )
            .put(&city.city)
            .put(&city.state)
            .put(status)
            .put(random.percent(model.data.percent.contacts_do_not_contact))
            .put(seen);
        let deleted = model.deleted(random, updated);
        fields.life(self.created, updated, deleted);
    }
}

/// A status that fits the organization: who works for no customer is none.
fn status<'model>(random: &mut Random, model: &'model Model, kind: Option<&str>) -> &'model str {
    let weights = &model.data.weights.contact_status;
    let mut status = draw(random, weights);
    for _ in 0..16 {
        if status != "customer" || kind == Some("customer") {
            break;
        }
        status = draw(random, weights);
    }
    status
}

/// A telephone number of the range that is reserved for stories.
fn phone(random: &mut Random, city: &City) -> String {
    format!("+1 {}-555-01{:02}", city.area_code, random.below(100))
}
