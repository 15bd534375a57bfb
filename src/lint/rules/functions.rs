//! S: functions that work with the rights of their owner.

use crate::lint::finding::Severity;
use crate::lint::rules::Problems;
use crate::lint::rules::security::EXPOSED;
use crate::lint::words::Words;
use crate::lint::world::World;

pub(crate) fn check(words: Words, world: &World, problems: &mut Problems) {
    let rest = words.from(1).behind(&["or", "replace"]);
    let is_routine = rest.begins(&["function"]) || rest.begins(&["procedure"]);
    if !words.begins(&["create"]) || !is_routine {
        return;
    }
    let Some(definer) = words.find(&["security", "definer"]) else { return };
    let Some((name, _)) = rest.from(1).name() else { return };
    if !words.has(&["set", "search_path"]) && !world.gets_path(&name) {
        let message = format!(
            "function `{name}` works with the rights of its owner and trusts the caller's search_path"
        );
        let help = "add `set search_path = ''` and write every name with its schema";
        problems.add("S04", Severity::Warning, (words.from(definer).offset(), message), help);
    }
    // The API does not call these.
    let is_trigger = ["trigger", "event_trigger"].iter().any(|kind| words.has(&["returns", kind]));
    let is_closed = world.closed.contains(&name.to_string()) || world.closed_schemas.contains(&name.schema);
    if name.schema == EXPOSED && !is_trigger && !is_closed {
        let message = format!("everybody may call `{name}`, and it works with the rights of its owner");
        let help = "`revoke execute on function ... from public, anon`, and grant it to who needs it; or a schema the API does not show";
        problems.add("S11", Severity::Warning, (words.from(definer).offset(), message), help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    const FUNCTION: &str =
        "create or replace function private.f() returns int language sql security definer as $$ select 1 $$";

    #[test]
    fn s04_finds_a_definer_that_trusts_the_search_path() {
        assert_eq!(found(FUNCTION), ["warning S04"]);
        assert!(found(&FUNCTION.replace(" as ", " set search_path = '' as ")).is_empty());
    }

    #[test]
    fn s11_finds_a_definer_that_everybody_may_call() {
        let function = FUNCTION.replace("private.f", "f").replace(" as ", " set search_path = '' as ");
        assert_eq!(found(&function), ["warning S11"]);
        assert!(
            found(&format!("{function}; revoke all on function public.f() from public, anon")).is_empty()
        );
        assert!(
            found(&format!("{function}; revoke execute on all functions in schema public from public"))
                .is_empty()
        );
        assert!(found(&function.replace("returns int", "returns trigger")).is_empty());
    }
}
