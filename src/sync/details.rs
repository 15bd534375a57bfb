//! What a sync needs to be carried out, beyond what a person reads of its plan.

use crate::catalog::Table;
use crate::pg::TableName;
use crate::plan::Transfer;
use crate::sync::carried::Carried;
use crate::sync::emptying;
use crate::sync::observe::Side;
use crate::sync::refresh::{self, Refresh};
use crate::sync::route::{Mode, Weight};
use crate::sync::switches::Switches;

/// What `apply` needs and nobody wants to read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Details {
    pub(crate) tables: Vec<Carried>,
    /// What is expected of the copies, in the order of `tables`.
    pub(crate) transfers: Vec<Transfer>,
    /// What the way was chosen by.
    pub(crate) asked: (Mode, Weight),
    pub(crate) setvals: Vec<String>,
    /// The same for what the target's sequences held when the plan was made.
    pub(crate) previous_setvals: Vec<String>,
    /// What must still hold of the target's tables once they are locked.
    pub(crate) shape: String,
    pub(crate) auth_columns: Vec<(String, Vec<String>)>,
    pub(crate) before_load: Vec<String>,
    pub(crate) after_load: Vec<String>,
    /// What makes triggers rest and what wakes them, where foreign keys are left alone.
    pub(crate) resting: Switches,
    pub(crate) checks: Vec<String>,
    pub(crate) refreshes: Vec<String>,
    /// What a backup empties again of what was refreshed.
    pub(crate) emptied_again: Vec<String>,
    pub(crate) bystanders: Vec<(TableName, String)>,
    /// Tables of which no row can be deleted or updated, with the reason.
    pub(crate) unnamed: Vec<(TableName, String)>,
    pub(crate) history_head: Option<String>,
    pub(crate) catalog_hash: String,
    pub(crate) server_version: String,
    pub(crate) has_leftovers: bool,
}

impl Details {
    /// What is known of the target whatever goes along.
    pub(crate) fn of(target: &Side, members: &[Table], refresh: &Refresh) -> Self {
        Self {
            unnamed: emptying::unnamed(members, target),
            refreshes: refresh::statements(&refresh.views),
            emptied_again: refresh::emptied_again(&refresh.filled),
            history_head: target.applied.head().map(str::to_owned),
            catalog_hash: target.catalog.schema_hash(),
            server_version: target.server_version.clone(),
            has_leftovers: target.has_leftovers,
            ..Self::default()
        }
    }

    /// Everything between the rows and the comparison, whatever way they came: what rested works again, sequences are
    /// set, foreign keys looked at, materialized views refreshed.
    pub(crate) fn after_load(&self) -> impl Iterator<Item = &String> {
        self.after_load.iter().chain(&self.setvals).chain(&self.checks).chain(&self.refreshes)
    }

    /// The same for a backup that is put back, with its `numbers`.
    pub(crate) fn after_undo<'a>(&'a self, numbers: &'a [String]) -> impl Iterator<Item = &'a String> {
        self.after_load.iter().chain(numbers).chain(&self.refreshes).chain(&self.emptied_again)
    }

    /// The same where only some rows were changed, and nothing but triggers rested.
    pub(crate) fn after_changes(&self) -> impl Iterator<Item = &String> {
        self.resting.after.iter().chain(&self.setvals).chain(&self.checks).chain(&self.refreshes)
    }

    /// The same for a backup of some rows that is put back.
    pub(crate) fn after_changes_undone<'a>(
        &'a self,
        numbers: &'a [String],
    ) -> impl Iterator<Item = &'a String> {
        let statements = self.resting.after.iter().chain(numbers);
        statements.chain(&self.refreshes).chain(&self.emptied_again)
    }
}
