use super::*;
use crate::catalog::Catalog;
use crate::environment::EnvironmentName;
use crate::migration::History;
use crate::migration::baseline::observe::Surroundings;
use crate::migration::directory::Directory;
use crate::migration::file::test_file;
use crate::migration::history_row::test_history;

fn place() -> Place {
    let environment = EnvironmentName::known("cloud");
    Place { environment, host: "db.example.com".to_owned(), port: 5432, database: "postgres".to_owned() }
}

fn observed(history: History) -> Observed {
    Observed { history, catalog: Catalog::default(), major: 17, surroundings: Surroundings::default() }
}

fn directory() -> Directory {
    Directory { files: vec![Arc::new(test_file("1_a", "select 1"))], ..Directory::default() }
}

#[test]
fn a_database_with_a_history_is_sent_to_repair() {
    let error = check(&observed(test_history([("1_a", "")])), &place());

    let error = error.expect_err("it has a history");
    assert_eq!(error.kind(), Kind::Refused);
    assert!(error.help().unwrap().contains("`crmctl migrate repair --env cloud`"));
}

#[test]
fn files_must_be_meant_by_name() {
    let help = |fitting: Option<[&str; 2]>| {
        let fitting = fitting.map(|[first, last]| (Version::stored(first), Version::stored(last)));
        let newest = Version::stored("9");
        BaselineError::HasFiles { files: 3, newest, fitting, place: Box::new(place()) }.help().unwrap()
    };

    assert!(help(None).contains("`crmctl migrate baseline --env cloud --to 9` shows in what it differs"));
    assert!(help(Some(["2", "2"])).ends_with("`crmctl migrate baseline --env cloud --to 2` records those"));
    assert!(help(Some(["1", "2"])).contains("the files after `1` change rows only"));
}

fn planned(proof: Proof) -> BaselinePlan {
    plan(directory().files, None, proof, (&observed(History::default()), place()))
}

#[test]
fn differences_are_shown_and_nothing_is_hidden() {
    let differences = (0..45).map(|number| format!("table `t{number}`: only in cloud")).collect();
    let plan = planned(Proof::Differs { differences });

    let text = plan.render(&Style::PLAIN);
    assert!(text.contains("with 45 differences\n  table `t0`: only in cloud\n"), "{text}");
    assert!(text.contains("\n  and 5 more"), "{text}");
    assert!(text.ends_with("nothing is recorded without `--accept-differences`"), "{text}");
    assert_eq!(plan.hazards().len(), 2);
}

#[test]
fn a_proved_plan_says_so() {
    let text = planned(Proof::Equal).render(&Style::PLAIN);

    assert_eq!(
        text,
        "1 migration to record as applied to `cloud` (host db.example.com:5432, database postgres), without running:\n  \
         1_a  1 statement\nproved: replayed, they make the very schema"
    );
}
