//! The catalogue.

use crate::seed::description::ProductCategory;
use crate::seed::generate::model::{Model, Owner};
use crate::seed::generate::time::Moment;
use crate::seed::generate::{Fields, Table};
use crate::seed::random::Random;

/// A product, as far as other rows speak of it.
pub(crate) struct Product<'model> {
    pub(crate) name: String,
    pub(crate) category: &'model ProductCategory,
    unit: &'model str,
    /// Its number within the category, from 1.
    number: u64,
    pub(crate) cents: u64,
}

impl Model {
    /// A product by its place in the whole catalogue: what it is hangs on that alone, so everybody can speak of it.
    pub(crate) fn product(&self, position: u64) -> Product<'_> {
        let categories = &self.vocabulary.product_categories;
        let at = |index: u64, length: usize| usize::try_from(index % length.max(1) as u64).unwrap_or(0);
        let category = &categories[at(position, categories.len())];
        let number = position / categories.len() as u64;
        let round = number / category.items.len() as u64;
        let item = &category.items[at(number, category.items.len())];
        let unit = category.units[at(round, category.units.len())].as_str();
        let units = category.units.len() as u64;
        let name = match round {
            0 => item.clone(),
            round if round < units => format!("{item} ({unit})"),
            round => format!("{item} ({unit}) no. {}", round / units + 1),
        };
        let mut random = self.random(Table::Products, self.owners[0], position);
        let [low, high] = category.price.map(i64::from);
        let dollars = random.between(low, high).unsigned_abs();
        let cents = dollars * 100 + *random.pick(&[0, 25, 50, 75, 95]);
        Product { name, category, unit, number: number + 1, cents }
    }

    /// Some product of a block, if there is any.
    pub(crate) fn some_product(&self, block: u64, random: &mut Random) -> Option<Product<'_>> {
        let places = self.places(Table::Products, block);
        (!places.is_empty()).then(|| self.product(places.start + random.below(places.end - places.start)))
    }
}

pub(crate) fn product(model: &Model, owner: Owner, index: u64, fields: &mut Fields) {
    let product = model.product(model.place(Table::Products, owner, index));
    let mut random = model.random(Table::Products, owner, index);
    // The catalogue is older than every deal it is offered in.
    let created = model.beginning;
    let updated = model.updated(&mut random, created);
    fields
        .put(model.id(Table::Products, owner, index))
        .put(owner.id)
        .put(format_args!("{}-{:04}", product.category.code, product.number))
        .put(&product.name)
        .put(format_args!("{}, sold by the {}", product.name, product.unit))
        .put(&product.category.name)
        .put(product.unit)
        .money(product.cents)
        .put(random.percent(85))
        .put(!random.percent(model.data.percent.products_inactive));
    fields.life(created, updated, None::<Moment>);
}
