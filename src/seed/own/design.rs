//! Tables as they are to be, and which rows they have. A row is a slot: slots of a block follow one another, and where
//! parents have different numbers of children, some of them are empty.

use std::ops::Range;
use std::sync::Arc;

use crate::seed::generate::{Model, Table};
use crate::seed::own::dice::Dice;
use crate::seed::own::value::{Column, How, Link, Parent, Value};
use crate::seed::shape::Shape;

/// All tables of the project's own, parents first.
#[derive(Debug)]
pub(crate) struct Design {
    pub(crate) tables: Vec<Own>,
    /// Whose users, words and day they share.
    pub(crate) model: Arc<Model>,
    pub(crate) scale: u64,
    /// Whether foreign keys form a circle that is only whole at the end.
    pub(crate) is_deferred: bool,
}

/// One of them.
#[derive(Debug)]
pub(crate) struct Own {
    pub(crate) shape: Shape,
    pub(crate) seed: u64,
    pub(crate) volume: Volume,
    /// Slots of one block.
    pub(crate) slots: u64,
    pub(crate) is_scaled: bool,
    pub(crate) columns: Vec<Column>,
    pub(crate) links: Vec<Link>,
}

/// Which slots have rows.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Volume {
    All,
    /// So many for each role.
    Roles([u64; 3]),
    /// Some for each row of a parent.
    Per {
        parent: Parent,
        low: u64,
        high: u64,
    },
}

impl Design {
    /// Whether rows belong to test users.
    pub(crate) fn needs_users(&self) -> bool {
        let is_user = |column: &Column| matches!(column.value, Value::User(_));
        self.tables.iter().any(|own| own.columns.iter().any(is_user))
    }

    /// Blocks of a table there are to be.
    pub(crate) fn blocks(&self, table: usize) -> u64 {
        if self.tables[table].is_scaled { self.scale } else { 1 }
    }

    /// Slots of a parent in a block.
    pub(crate) fn beside(&self, parent: Parent, block: u64) -> Range<u64> {
        match parent {
            Parent::Crm(table) => self.model.places(table, block),
            Parent::Own(table) => {
                let own = &self.tables[table];
                let start = if own.is_scaled { block * own.slots } else { 0 };
                start..start + own.slots
            }
        }
    }

    pub(crate) fn block(&self, table: usize, slot: u64) -> u64 {
        let own = &self.tables[table];
        if own.is_scaled { slot / own.slots.max(1) } else { 0 }
    }

    /// Whether there is a row in a slot.
    pub(crate) fn exists(&self, parent: Parent, slot: u64) -> bool {
        let Parent::Own(table) = parent else { return true };
        match self.tables[table].volume {
            Volume::All | Volume::Roles(_) => true,
            Volume::Per { parent, high, .. } => {
                let (parent_slot, number) = (slot / high, slot % high);
                number < self.children(table, parent_slot) && self.exists(parent, parent_slot)
            }
        }
    }

    /// How many rows are made for a row of the parent.
    fn children(&self, table: usize, parent_slot: u64) -> u64 {
        match self.tables[table].volume {
            Volume::Per { low, high, .. } => {
                low + Dice::new(self.tables[table].seed, parent_slot).below(high - low + 1)
            }
            Volume::All | Volume::Roles(_) => 0,
        }
    }

    /// Rows of these blocks.
    pub(crate) fn count(&self, table: usize, blocks: Range<u64>) -> u64 {
        let own = &self.tables[table];
        let slots = blocks.start * own.slots..blocks.end * own.slots;
        match own.volume {
            Volume::All | Volume::Roles(_) => slots.end - slots.start,
            Volume::Per { parent, high, .. } => {
                let parents = slots.start / high..slots.end / high;
                let has_row = |slot: &u64| self.exists(parent, *slot);
                parents.filter(has_row).map(|slot| self.children(table, slot)).sum()
            }
        }
    }

    /// The number of blocks that have exactly so many rows.
    pub(crate) fn blocks_of(&self, table: usize, rows: u64) -> Option<u64> {
        let own = &self.tables[table];
        if own.slots == 0 {
            return None;
        }
        if matches!(own.volume, Volume::All | Volume::Roles(_)) {
            return rows.is_multiple_of(own.slots).then(|| rows / own.slots);
        }
        let (mut blocks, mut sum) = (0, 0);
        while sum < rows && blocks * own.slots < rows.saturating_mul(own.slots).saturating_add(own.slots) {
            sum += self.count(table, blocks..blocks + 1);
            blocks += 1;
        }
        (sum == rows).then_some(blocks)
    }

    /// A row of a parent in a block.
    fn pick(&self, parent: Parent, block: u64, is_even: bool, dice: &mut Dice) -> Option<u64> {
        const TRIES: u32 = 64;
        let slots = self.beside(parent, block);
        let length = slots.end - slots.start;
        for _ in 0..TRIES {
            let number = if is_even { dice.below(length) } else { dice.zipf(length) };
            if length > 0 && self.exists(parent, slots.start + number) {
                return Some(slots.start + number);
            }
        }
        // Almost all slots are empty.
        slots.into_iter().find(|slot| self.exists(parent, *slot))
    }

    /// The row that a link leads to.
    pub(crate) fn linked(&self, table: usize, link: usize, slot: u64) -> Option<u64> {
        let own = &self.tables[table];
        let Link { parent, seed, how, null } = own.links[link];
        let mut dice = Dice::new(seed, slot);
        if null > 0 && dice.percent(null) {
            return None;
        }
        let block = self.block(table, slot);
        let parents = self.beside(parent, block);
        let number = self.number_beside(table, parent, slot);
        let length = (parents.end - parents.start).max(1);
        match how {
            How::Even => self.pick(parent, block, true, &mut dice),
            How::Zipf => self.pick(parent, block, false, &mut dice),
            How::OfParent => self.of_parent(table, slot),
            How::OneToOne => Some(parents.start + number),
            How::First => Some(parents.start + number % length),
            How::Second { first } => {
                let by_first = self.linked(table, first, slot)?;
                let turn = match own.volume {
                    Volume::Per { high, .. } => slot % high,
                    Volume::All | Volume::Roles(_) => {
                        let firsts = self.beside(own.links[first].parent, block);
                        let number = self.number_beside(table, own.links[first].parent, slot);
                        number / (firsts.end - firsts.start).max(1)
                    }
                };
                Some(parents.start + dealt(&mut Dice::new(seed, by_first), turn, length))
            }
            How::Earlier { is_required } => {
                // Some have nobody above them.
                if number == 0 || dice.percent(10) {
                    return is_required.then_some(slot);
                }
                let wish = parents.start + dice.below(number);
                let wish = Some(wish).filter(|wish| self.exists(parent, *wish));
                wish.or(is_required.then_some(slot))
            }
        }
    }

    /// The number of a row among those that share the rows of a parent: of its block, unless all blocks share them.
    fn number_beside(&self, table: usize, parent: Parent, slot: u64) -> u64 {
        let own = &self.tables[table];
        let is_shared = match parent {
            Parent::Crm(parent) => !parent.is_scaled(),
            Parent::Own(parent) => !self.tables[parent].is_scaled,
        };
        if is_shared { slot } else { slot - self.block(table, slot) * own.slots }
    }

    /// The row of the parent that a row was made for.
    fn of_parent(&self, table: usize, slot: u64) -> Option<u64> {
        match self.tables[table].volume {
            Volume::Per { high, .. } => Some(slot / high),
            Volume::All | Volume::Roles(_) => None,
        }
    }

    /// The test user a row belongs to: a place among the owners.
    pub(crate) fn owner(&self, table: usize, slot: u64) -> usize {
        let own = &self.tables[table];
        match own.volume {
            Volume::Roles(volumes) => {
                let mut rest = slot % own.slots.max(1);
                for (place, volume) in volumes.into_iter().enumerate() {
                    if rest < volume {
                        return place;
                    }
                    rest -= volume;
                }
                0
            }
            Volume::Per { parent, high, .. } => match parent {
                Parent::Own(parent) => self.owner(parent, slot / high),
                Parent::Crm(parent) => self.owner_of_crm(parent, slot / high),
            },
            Volume::All => usize::try_from(Dice::new(own.seed, slot).below(3)).unwrap_or(0),
        }
    }

    fn owner_of_crm(&self, table: Table, place: u64) -> usize {
        let owner = self.model.at_place(table, place);
        owner.and_then(|(owner, _)| self.model.owners.iter().position(|other| *other == owner)).unwrap_or(0)
    }
}

/// Numbers below `length`, each once before any twice.
fn dealt(dice: &mut Dice, turn: u64, length: u64) -> u64 {
    let start = dice.below(length);
    let mut stride = 1 + dice.below(length.saturating_sub(1).max(1));
    while gcd(stride, length) != 1 {
        stride -= 1;
    }
    (start + turn % length * stride) % length
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}
