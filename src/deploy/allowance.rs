//! What `--allow` can name: a lint rule, or one of the looks that a deploy takes. Pure.

use crate::deploy::gate;
use crate::deploy::losses;
use crate::deploy::rehearse::ALLOW_DRIFT;
use crate::lint::RULES;

/// What stands for something else than a rule of lint.
const LOOKS: [&str; 3] = [ALLOW_DRIFT, losses::ALLOW, gate::ALLOW];

/// A name that allows nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no rule of this name; {}", .0)]
pub struct NothingToAllow(String);

/// The name under which something is allowed, however it was written: rules are known by their id and by their name.
pub fn parse(text: &str) -> Result<String, NothingToAllow> {
    let is_it = |known: &str| known.eq_ignore_ascii_case(text);
    let rule = RULES.iter().find(|rule| is_it(rule.id) || is_it(rule.name)).map(|rule| rule.id);
    let look = || LOOKS.into_iter().find(|look| is_it(look));
    rule.or_else(look).map(str::to_owned).ok_or_else(|| NothingToAllow(suggestion(text)))
}

fn suggestion(text: &str) -> String {
    let known = || RULES.iter().flat_map(|rule| [rule.id, rule.name]).chain(LOOKS);
    let distance =
        |known: &&str| strsim::levenshtein(&text.to_ascii_lowercase(), &known.to_ascii_lowercase());
    match known().filter(|known| distance(known) <= 1 + known.len() / 5).min_by_key(distance) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None => format!("there are the rules of `crmctl migrate lint`, and `{}`", LOOKS.join("`, `")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_known_by_its_id_and_its_name_and_what_is_no_rule_by_its_own() {
        assert_eq!(parse("d07").as_deref(), Ok("D07"));
        assert_eq!(parse("column-dropped").as_deref(), Ok("D02"));
        assert_eq!(parse("Gate").as_deref(), Ok("gate"));
    }

    #[test]
    fn what_is_neither_is_not_silently_nothing() {
        let told = |text: &str| parse(text).expect_err("there is none").to_string();

        assert!(told("drfit").ends_with("did you mean `drift`?"), "{}", told("drfit"));
        assert!(told("D7").ends_with("did you mean `D07`?"), "{}", told("D7"));
        assert!(told("everything").ends_with("`drift`, `rows`, `gate`"), "{}", told("everything"));
    }
}
