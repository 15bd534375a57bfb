//! `crmctl sync` and `crmctl verify` of schemas and rows that nobody thought of: made by chance, the same for one seed.
//!
//! `SYNC_SCHEMAS` says how many, `SYNC_SEED` where to begin; a failure prints the seed. See `docs/faults.md`.

mod attached;
mod built_in;
mod chance;
mod data_type;
mod partition;
mod relation;
mod rows;
mod schema;
mod table;
mod twins;

use std::collections::BTreeMap;

use self::chance::Chance;
use self::schema::Schema;
use self::table::Table;
use self::twins::{Rows, Twins, definitions, differing};
use crate::support::{Call, Which, crmctl, try_query};

/// Schemas when nobody asks for more.
const SCHEMAS: u64 = 2;

#[test]
fn rows_of_any_schema_arrive_over_every_way_and_differences_are_found() {
    let number =
        |variable: &str| std::env::var(variable).ok().map(|text| text.parse::<u64>().expect("a number"));
    let first = number("SYNC_SEED").unwrap_or(1);
    let seeds = first..first + number("SYNC_SCHEMAS").unwrap_or(SCHEMAS);
    let fails = |seed: &u64| {
        eprintln!("SYNC_SEED={seed}");
        std::panic::catch_unwind(|| survives(*seed)).is_err()
    };
    let failed: Vec<u64> = seeds.filter(fails).collect();
    assert!(failed.is_empty(), "with these values of SYNC_SEED: {failed:?}");
}

fn survives(seed: u64) {
    let mut check = Check::of(seed, if seed.is_multiple_of(2) { Which::Strict } else { Which::Cloud });
    for mode in ["full", "bulk", "staged", "delta"] {
        check.disturb();
        check.arrives(mode);
    }
    check.one_difference_is_found_and_repaired();
}

struct Check {
    twins: Twins,
    tables: Vec<Table>,
    chance: Chance,
    wanted: Rows,
    definitions: Vec<String>,
}

impl Check {
    fn of(seed: u64, which: Which) -> Self {
        let schema = Schema::of(seed);
        show(|| schema.parts[0].iter().flatten().map(|sql| format!("{sql};")).collect());
        let twins = Twins::of(&schema, which);
        show(|| twins.refused.iter().map(|reason| format!("-- refused: {reason}")).collect());
        let (wanted, definitions) = (twins::rows(&twins.source), definitions(&twins.target));
        Self { twins, tables: schema.tables, chance: Chance::of(seed), wanted, definitions }
    }

    fn sync(&self, mode: &str) -> Call {
        crmctl(&self.twins.project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode])
    }

    fn verify(&self) -> Call {
        crmctl(&self.twins.project).args(["verify", "--json"])
    }

    fn differing(&self) -> BTreeMap<String, [usize; 2]> {
        differing(&self.wanted, &twins::rows(&self.twins.target))
    }

    fn assert_same(&self, after: &str) {
        assert!(self.differing().is_empty(), "after {after}: {:#?}", self.differing());
        let definitions = definitions(&self.twins.target);
        let is_new = |line: &&String| !self.definitions.contains(line);
        let new: Vec<&String> = definitions.iter().filter(is_new).collect();
        assert!(definitions == self.definitions, "after {after}, other definitions: {new:#?}");
    }

    fn arrives(&self, mode: &str) {
        self.sync(mode).success();
        self.assert_same(mode);
        self.verify().success();
    }

    fn one_difference_is_found_and_repaired(&mut self) {
        // Not every change is one, and not every one is allowed.
        for _ in 0..20 {
            self.damage();
            let mut expected = self.differing();
            expected.retain(|name, _| !name.starts_with("sequence "));
            if !expected.is_empty() {
                assert_eq!(found(&self.verify().differs().json()), expected);
                break;
            }
        }
        self.sync("delta").success();
        self.assert_same("a difference of one row");
        self.sync("delta").success().answers("nothing to do");
    }

    /// Changes many rows of the target.
    fn disturb(&mut self) {
        for _ in 0..2 * self.tables.len() {
            self.damage();
        }
    }

    fn damage(&mut self) {
        let table = self.chance.pick(&self.tables).clone();
        let sql = rows::damage(&table, &mut self.chance);
        let quiet = "set crmctl_test.quiet = on";
        // It may not be allowed.
        let done = try_query(&self.twins.target.admin_url(), &format!("{quiet}; {sql}"));
        show(|| vec![format!("{sql}; -- {done:?}")]);
    }
}

/// For whoever looks into one seed.
fn show(lines: impl FnOnce() -> Vec<String>) {
    if std::env::var_os("SYNC_SHOW").is_some() {
        eprintln!("{}", lines().join("\n"));
    }
}

/// By table, the rows that only the left and only the right side has, as `verify` tells it.
fn found(answer: &serde_json::Value) -> BTreeMap<String, [usize; 2]> {
    let rows = answer["report"]["rows"].as_object().expect("rows by table");
    let counts = |(table, rows): (&String, &serde_json::Value)| {
        let count = |kind: &str| {
            let (count, named) = (&rows[kind]["count"], rows[kind]["rows"].as_array().map(Vec::len));
            assert_eq!(named == Some(0), *count == 0, "{table}: {rows:#}");
            usize::try_from(count.as_u64().unwrap()).unwrap()
        };
        let changed = count("changed");
        (table.clone(), [changed + count("only_left"), changed + count("only_right")])
    };
    rows.iter().map(counts).collect()
}
