//! Parents before children, found by foreign keys.

use crate::seed::own::compile::Draft;
use crate::seed::own::description::GivenVolume;
use crate::seed::own::reader::Wrong;

/// Sorts tables, and says whether foreign keys must be checked at the end. Where they form a circle, one that may be
/// NULL stays so, or one that can be checked later is.
pub(crate) fn sorted(mut drafts: Vec<Draft<'_>>) -> Result<(Vec<Draft<'_>>, bool), Wrong> {
    let (mut sorted, mut is_deferred) = (Vec::new(), false);
    while !drafts.is_empty() {
        if let Some(place) =
            drafts.iter().position(|draft| blocking(draft, &drafts).is_empty() && !waits(draft, &drafts))
        {
            sorted.push(drafts.remove(place));
            continue;
        }
        let place = drafts.iter().position(|draft| {
            !waits(draft, &drafts) && blocking(draft, &drafts).iter().all(|foreign| can_wait(draft, *foreign))
        });
        let Some(place) = place else {
            let names: Vec<String> = drafts.iter().map(|draft| format!("`{}`", draft.given.label)).collect();
            let message = format!("the foreign keys of {} form a circle", names.join(", "));
            return Err(Wrong::new(drafts[0].given.place, message).help(
                "make one of them `deferrable`, or let its column be NULL and leave it out of the file",
            ));
        };
        let blocking = blocking(&drafts[place], &drafts);
        let mut draft = drafts.remove(place);
        for foreign in blocking {
            if draft.relation.foreign[foreign].is_deferrable {
                is_deferred = true;
            } else {
                draft.dropped.insert(foreign);
            }
        }
        sorted.push(draft);
    }
    Ok((sorted, is_deferred))
}

/// Foreign keys to other tables that are still to come.
fn blocking(draft: &Draft<'_>, others: &[Draft<'_>]) -> Vec<usize> {
    let own = &draft.given.table;
    let is_to_come = |foreign: usize| {
        let target = draft.relation.foreign[foreign].table();
        target != *own && others.iter().any(|other| other.given.table == target)
    };
    (0..draft.relation.foreign.len()).filter(|foreign| is_to_come(*foreign)).collect()
}

/// Whether it is made per row of a table that is still to come.
fn waits(draft: &Draft<'_>, others: &[Draft<'_>]) -> bool {
    let GivenVolume::Per { parent, .. } = &draft.given.volume else { return false };
    let is_parent = |other: &&Draft<'_>| {
        other.given.label == *parent
            || format!("{}.{}", other.given.table.schema, other.given.table.name) == *parent
    };
    others.iter().filter(is_parent).any(|other| other.given.table != draft.given.table)
}

fn can_wait(draft: &Draft<'_>, foreign: usize) -> bool {
    let foreign = &draft.relation.foreign[foreign];
    let may_be_null = |name: &String| {
        draft.relation.column(name).is_some_and(|column| !column.is_required)
            && !draft.given.columns.contains_key(name)
    };
    foreign.is_deferrable || foreign.columns.iter().all(may_be_null)
}
