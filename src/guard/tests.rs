//! Who must say what, for every protection.

use serde::Serialize;

use super::*;
use crate::environment::Origin;
use crate::plan::{Fingerprint, Render};
use crate::ui::Style;
use crate::ui::prompt::Answers as Written;

#[derive(Debug, Serialize)]
struct Deed {
    hazards: Vec<Hazard>,
    #[serde(skip)]
    phrase: Option<&'static str>,
    fingerprint: Fingerprint,
}

impl Plan for Deed {
    fn hazards(&self) -> Vec<Hazard> {
        self.hazards.clone()
    }

    fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    fn phrase(&self) -> Option<&'static str> {
        self.phrase
    }
}

impl Render for Deed {
    fn render(&self, _style: &Style) -> String {
        "a deed".to_owned()
    }
}

fn deed() -> Deed {
    let fingerprint = Fingerprint { query: "select 1".to_owned(), value: None };
    Deed { hazards: vec![Hazard::DropsData("everything".to_owned())], phrase: None, fingerprint }
}

fn cloud(protection: Protection) -> Environment {
    let name = "cloud".parse().expect("a name");
    Environment { name, protection, origin: Origin::Managed, same_as: None, warnings: Vec::new() }
}

fn said(yes: bool, confirm: Option<&'static str>) -> Answers<'static> {
    Answers { yes, confirm, ask: None }
}

fn is_approved(protection: Protection, answers: &Answers<'_>) -> bool {
    approve(deed(), &cloud(protection), answers).is_ok()
}

#[test]
fn a_plan_that_endangers_nothing_asks_nobody() {
    let idle = Deed { hazards: Vec::new(), ..deed() };

    assert!(approve(idle, &cloud(Protection::Protected), &said(false, None)).is_ok());
}

#[test]
fn an_open_environment_asks_nobody() {
    assert!(is_approved(Protection::Open, &said(false, None)));
}

#[test]
fn a_guarded_environment_takes_yes_or_its_name() {
    assert!(!is_approved(Protection::Guarded, &said(false, None)));
    assert!(is_approved(Protection::Guarded, &said(true, None)));
    assert!(is_approved(Protection::Guarded, &said(false, Some("cloud"))));
    assert!(!is_approved(Protection::Guarded, &said(false, Some("local"))));
}

#[test]
fn a_protected_environment_takes_its_name_and_never_yes_alone() {
    assert!(!is_approved(Protection::Protected, &said(true, None)));
    assert!(!is_approved(Protection::Protected, &said(true, Some("Cloud"))));
    assert!(is_approved(Protection::Protected, &said(false, Some("cloud"))));
}

#[test]
fn a_phrase_is_wanted_whatever_the_protection_and_the_name_does_not_replace_it() {
    for protection in [Protection::Open, Protection::Guarded, Protection::Protected] {
        let attempt = |confirm| {
            let reset = Deed { phrase: Some("RESET"), ..deed() };
            approve(reset, &cloud(protection), &said(true, confirm)).is_ok()
        };

        assert!(!attempt(None) && !attempt(Some("cloud")) && attempt(Some("RESET")), "{protection:?}");
    }
}

#[test]
fn a_person_is_asked_for_what_was_not_said() {
    let typed = |word: &'static str, protection| {
        let person = Written::of(&[word]);
        is_approved(protection, &Answers { yes: false, confirm: None, ask: Some(&person) })
    };

    assert!(typed("cloud", Protection::Protected) && !typed("y", Protection::Protected));
    assert!(typed("y", Protection::Guarded) && !typed("n", Protection::Guarded));
}

#[test]
fn refusals_are_of_their_own_kind_and_say_what_to_type() {
    let failure =
        approve(deed(), &cloud(Protection::Protected), &said(true, None)).expect_err("yes is not enough");

    assert_eq!(failure.kind(), Kind::Refused);
    assert!(failure.help().is_some_and(|help| help.contains("--confirm cloud")), "{failure:?}");
}
