//! What all rows are made from, and who owns them.

use std::ops::Range;

use uuid::Uuid;

use crate::seed::description::{Data, Role, Vocabulary, Weights};
use crate::seed::generate::Table;
use crate::seed::generate::time::Moment;
use crate::seed::identifier::row_id;
use crate::seed::random::Random;
use crate::seed::users::Login;

/// Who owns rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner {
    /// The role; ids and chance hang on it, so that another address changes no row but its owner.
    pub role: Role,
    /// The id of the login.
    pub id: Uuid,
}

impl Owner {
    /// The login as an owner.
    #[must_use]
    pub fn of(login: &Login) -> Self {
        Self { role: login.role, id: login.id }
    }
}

/// The rows that are to be, without any of them.
#[derive(Debug, Clone)]
pub struct Model {
    pub(crate) data: Data,
    pub(crate) vocabulary: Vocabulary,
    pub(crate) owners: [Owner; 3],
    scale: u32,
    /// "Today".
    pub(crate) reference: Moment,
    /// The earliest moment of all.
    pub(crate) beginning: Moment,
}

impl Model {
    /// The rows that a description asks for, `scale` times.
    #[must_use]
    pub fn new(data: &Data, vocabulary: &Vocabulary, owners: [Owner; 3], scale: u32) -> Self {
        let reference = Moment::start_of(data.reference_date);
        let first = reference.minus_days(i64::from(data.bounds.history_days.max(1)));
        Self {
            beginning: first.opening(),
            reference,
            data: data.clone(),
            vocabulary: vocabulary.clone(),
            owners,
            scale: scale.max(1),
        }
    }

    /// Rows of a table that a role owns.
    #[must_use]
    pub fn volume(&self, table: Table, role: Role) -> u64 {
        self.data.volume(table, role) * self.blocks(table)
    }

    /// How many times the rows of the description there are of a table. Rows of one block refer to rows of the same
    /// block only, so a further block changes no row of those before it.
    #[must_use]
    pub fn blocks(&self, table: Table) -> u64 {
        if table.is_scaled() { u64::from(self.scale) } else { 1 }
    }

    /// What `--scale` says.
    pub(crate) fn scale(&self) -> u64 {
        u64::from(self.scale)
    }

    /// Rows of a table in one block.
    #[must_use]
    pub fn base(&self, table: Table) -> u64 {
        self.owners.iter().map(|owner| self.data.volume(table, owner.role)).sum()
    }

    /// The block of a row.
    pub(crate) fn block(&self, table: Table, owner: Owner, index: u64) -> u64 {
        index / self.data.volume(table, owner.role).max(1)
    }

    /// The rows of another table that an owner has in a block: their indexes.
    pub(crate) fn in_block(&self, table: Table, owner: Owner, block: u64) -> Range<u64> {
        let base = self.data.volume(table, owner.role);
        let start = if table.is_scaled() { block * base } else { 0 };
        start..start + base
    }

    /// One of them, if there is any.
    pub(crate) fn pick(&self, table: Table, owner: Owner, block: u64, random: &mut Random) -> Option<u64> {
        let range = self.in_block(table, owner, block);
        (!range.is_empty()).then(|| range.start + random.below(range.end - range.start))
    }

    /// Places of a block among all rows of a table.
    pub(crate) fn places(&self, table: Table, block: u64) -> Range<u64> {
        let base = self.base(table);
        let start = if table.is_scaled() { block * base } else { 0 };
        start..start + base
    }

    /// Rows of a table.
    #[must_use]
    pub fn total(&self, table: Table) -> u64 {
        self.owners.iter().map(|owner| self.volume(table, owner.role)).sum()
    }

    pub(crate) fn id(&self, table: Table, owner: Owner, index: u64) -> Uuid {
        row_id(self.data.seed, table, owner.role, index)
    }

    pub(crate) fn random(&self, table: Table, owner: Owner, index: u64) -> Random {
        Random::of_row(self.data.seed, table, owner.role, index)
    }

    /// The place of a row among all rows of the table: block by block, and in a block owner by owner.
    pub(crate) fn place(&self, table: Table, owner: Owner, index: u64) -> u64 {
        let own = self.data.volume(table, owner.role).max(1);
        let earlier = self.owners.iter().take_while(|other| other.role != owner.role);
        let earlier: u64 = earlier.map(|other| self.data.volume(table, other.role)).sum();
        index / own * self.base(table) + earlier + index % own
    }

    /// The owner, and his index, of a row among all rows of the table.
    pub(crate) fn at_place(&self, table: Table, place: u64) -> Option<(Owner, u64)> {
        let base = self.base(table).max(1);
        let (block, mut rest) = (place / base, place % base);
        for owner in self.owners {
            let own = self.data.volume(table, owner.role);
            if rest < own {
                return Some((owner, block * own + rest));
            }
            rest -= own;
        }
        None
    }

    /// The id of a row of a table that everybody shares.
    pub(crate) fn shared_id(&self, table: Table, position: u64) -> Option<Uuid> {
        self.at_place(table, position).map(|(owner, index)| self.id(table, owner, index))
    }

    /// The moment a row vanished, for the share of rows that are to be hidden.
    pub(crate) fn deleted(&self, random: &mut Random, updated: Moment) -> Option<Moment> {
        random.percent(self.data.percent.soft_deleted).then(|| Moment::draw(random, updated, self.reference))
    }

    /// A moment at which a row that was created may have been changed last: most never are.
    pub(crate) fn updated(&self, random: &mut Random, created: Moment) -> Moment {
        if random.percent(40) { Moment::draw(random, created, self.reference) } else { created }
    }
}

/// A value, drawn as often as its weight says. Weights are checked not to be all zero.
pub(crate) fn draw<'weights>(random: &mut Random, weights: &'weights Weights) -> &'weights str {
    let total: u64 = weights.values().map(|weight| u64::from(*weight)).sum();
    let mut rest = random.below(total);
    for (value, weight) in weights {
        let weight = u64::from(*weight);
        if rest < weight {
            return value;
        }
        rest -= weight;
    }
    ""
}

/// Pairs of a parent and a word without repetition: link number `index` is the parent `index % parents` and,
/// for the parent's first, second, .. link, another of `words`.
pub(crate) fn link(random: &mut Random, turn: u64, words: u64) -> u64 {
    let start = random.below(words);
    let mut stride = 1 + random.below(words.saturating_sub(1).max(1));
    while gcd(stride, words) != 1 {
        stride -= 1;
    }
    (start + turn % words * stride) % words
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// `template` with the words in braces filled in.
pub(crate) fn fill(template: &str, words: &[(&str, &str)]) -> String {
    let mut text = template.to_owned();
    for (name, word) in words {
        if let Some(start) = text.find(name) {
            text.replace_range(start..start + name.len(), word);
        }
    }
    text
}

/// Lower case letters and digits of `text`, words joined by `separator`: for mail addresses and domains.
pub(crate) fn slug(text: &str, separator: &str) -> String {
    let mut slug = String::with_capacity(text.len());
    for word in text.split([' ', '-', '&', '.']) {
        let before = slug.len();
        if before > 0 && word.bytes().any(|byte| byte.is_ascii_alphanumeric()) {
            slug.push_str(separator);
        }
        slug.extend(word.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()));
    }
    slug
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mail_addresses_hold_letters_only() {
        assert_eq!(slug("O'Brien", ""), "obrien");
        assert_eq!(slug("Salt & Sage Grill", "-"), "salt-sage-grill");
    }

    #[test]
    fn words_in_braces_are_filled_in() {
        assert_eq!(fill("{a}: {b}", &[("{a}", "x"), ("{b}", "y")]), "x: y");
    }

    #[test]
    fn a_parent_gets_every_word_once_before_any_twice() {
        for parent in 0..50 {
            let mut words: Vec<u64> = (0..12)
                .map(|turn| link(&mut Random::of_row(1, Table::Tags, Role::Admin, parent), turn, 12))
                .collect();
            words.sort_unstable();
            assert_eq!(words, (0..12).collect::<Vec<_>>());
        }
        assert_eq!(link(&mut Random::of_row(1, Table::Tags, Role::Admin, 0), 0, 1), 0);
    }
}
