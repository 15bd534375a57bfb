//! The schema that the target must have afterwards, from what the files did to another that is like it. Pure.

use std::collections::BTreeSet;

use crate::catalog::{Catalog, ObjectName};

/// The target's schema with everything changed that changed between `before` and `after`. `None` where an object that
/// changed was not the same on the target: then only the changes themselves can be compared.
pub(crate) fn predict(before: &Catalog, after: &Catalog, target: &Catalog) -> Option<Catalog> {
    let names: BTreeSet<&ObjectName> = before.objects.keys().chain(after.objects.keys()).collect();
    let mut predicted = target.clone();
    for name in names {
        let (was, is) = (before.objects.get(name), after.objects.get(name));
        if was == is {
            continue;
        }
        if !is_same(was.is_some(), before, target, name) {
            return None;
        }
        match is {
            Some(facts) => predicted.objects.insert(name.clone(), facts.clone()),
            None => predicted.objects.remove(name),
        };
    }
    Some(predicted)
}

/// Whether an object is the same in both, as far as hashes and differences count.
fn is_same(exists: bool, one: &Catalog, other: &Catalog, name: &ObjectName) -> bool {
    let only = |catalog: &Catalog| Catalog {
        objects: catalog.objects.get(name).map(|facts| (name.clone(), facts.clone())).into_iter().collect(),
    };
    if exists { only(one).hash() == only(other).hash() } else { !other.objects.contains_key(name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalog(objects: &[(&str, &str)]) -> Catalog {
        let name =
            |name: &str| ObjectName { kind: "view".into(), schema: "public".into(), name: name.into() };
        let facts = |definition: &str| {
            let mut facts = crate::catalog::Facts::new();
            assert!(facts.insert("definition", definition.into()));
            facts
        };
        Catalog { objects: objects.iter().map(|(of, text)| (name(of), facts(text))).collect() }
    }

    #[test]
    fn what_the_target_alone_has_stays_and_changes_are_taken_over() {
        let (before, after) = (catalog(&[("a", "1"), ("b", "1")]), catalog(&[("a", "2"), ("c", "1")]));
        let target = catalog(&[("a", "1"), ("b", "1"), ("by_hand", "1")]);

        let expected = catalog(&[("a", "2"), ("by_hand", "1"), ("c", "1")]);
        assert_eq!(predict(&before, &after, &target), Some(expected));
    }

    #[test]
    fn where_something_that_changed_was_another_one_nothing_is_predicted() {
        let (before, after) = (catalog(&[("a", "1")]), catalog(&[("a", "2")]));

        assert_eq!(predict(&before, &after, &catalog(&[("a", "other")])), None);
        assert_eq!(predict(&Catalog::default(), &after, &catalog(&[("a", "other")])), None);
    }
}
