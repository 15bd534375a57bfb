//! `crmctl verify` finds the rows that differ: which, in how many round trips, in how much memory.

use std::time::Duration;

use serde_json::Value;

use crate::support::{Call, Database, FaultProxy, Project, Which, crmctl, fewest_round_trips};

struct Pair {
    project: Project,
    #[expect(dead_code, reason = "they are gone when this is dropped")]
    databases: [Database; 2],
}

fn pair(on_both: &str, on_left: &str, on_right: &str) -> Pair {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    local.run(&format!("{on_both}; {on_left}"));
    cloud.run(&format!("{on_both}; {on_right}"));
    Pair { project: Project::new().local(&local).cloud(&cloud), databases: [local, cloud] }
}

impl Pair {
    fn call(&self) -> Call {
        crmctl(&self.project).args(["verify", "--level", "contents"])
    }

    /// The rows that differ, as JSON.
    fn rows(&self) -> Value {
        self.call().args(["--json"]).differs().json()["report"]["rows"].clone()
    }
}

const NO_CHANGE: &str = "select 1";

/// One row changed, one missing, one more, under keys whose text is awkward or whose equality is not identity.
#[test]
fn rows_are_told_by_keys_of_any_type() {
    let awkward = [
        ("numeric", "1.0", "1.50", "2", "3.000"),
        ("bytea", "'\\x00'", "'\\x5c22'", "'\\xff'", "''"),
        ("text", "E'a\\n\"b\\\\,'", "' '", "'(x)'", "''"),
        ("mood", "'a'", "'b'", "'c'", "'d'"),
        ("text collate either", "'a'", "'b'", "'c'", "'d'"),
        ("timestamptz", "'infinity'", "'2024-01-01'", "'epoch'", "'-infinity'"),
        (
            "uuid",
            "gen_random_uuid()",
            "'6f1e0b1a-0000-4000-8000-000000000001'",
            "'6f1e0b1a-0000-4000-8000-000000000002'",
            "'6f1e0b1a-0000-4000-8000-000000000003'",
        ),
    ];
    let (mut both, mut left, mut right) = (
        "create type mood as enum ('a', 'b', 'c', 'd'); \
         create collation either (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
            .to_owned(),
        NO_CHANGE.to_owned(),
        NO_CHANGE.to_owned(),
    );
    for (number, (data_type, same, changed, only_left, only_right)) in awkward.into_iter().enumerate() {
        // A key that both sides made for themselves cannot be the same.
        let same = if same.contains("gen_random") { "'6f1e0b1a-0000-4000-8000-000000000000'" } else { same };
        both += &format!(
            "; create table t{number} (other int, v text, id {data_type}, primary key (id, other)); \
             insert into t{number} values (0, 'v', {same}), (0, 'v', {changed})"
        );
        left += &format!("; insert into t{number} values (1, 'v', {only_left})");
        right += &format!(
            "; insert into t{number} values (1, 'v', {only_right}); update t{number} set v = 'w' where id = {changed}"
        );
    }

    let rows = pair(&both, &left, &right).rows();
    for number in 0..awkward.len() {
        let table = &rows[format!("t{number}")];
        let counts = ["changed", "only_left", "only_right"].map(|sort| table[sort]["count"].as_u64());
        assert_eq!(counts, [Some(1); 3], "{:?}: {table}", awkward[number]);
        assert_eq!(table["key"], serde_json::json!(["id", "other"]), "{table}");
        assert_eq!(table["changed"]["rows"][0]["columns"][0]["column"], "v", "{table}");
        assert_eq!(table["changed"]["rows"][0]["columns"].as_array().unwrap().len(), 1, "{table}");
    }
    assert_eq!(rows["t2"]["only_right"]["rows"][0]["key"], serde_json::json!(["", "1"]));
}

#[test]
fn rows_of_a_table_without_a_key_are_counted_and_told_by_their_place() {
    let pair = pair(
        "create table notes (a text, b float8); insert into notes values ('x', 1), ('x', 1), ('y', null), (null, null)",
        NO_CHANGE,
        "insert into notes values ('x', 1), (null, 'NaN'); delete from notes where a = 'y'",
    );

    let rows = pair.rows();
    let notes = &rows["notes"];
    assert_eq!(notes["compared_as"], "bag_without_key", "{notes}");
    assert_eq!(
        (notes["only_left"]["count"].as_u64(), notes["only_right"]["count"].as_u64()),
        (Some(1), Some(2))
    );
    let thrice =
        notes["only_right"]["rows"].as_array().unwrap().iter().find(|row| row["copies"][0] == 2).unwrap();
    assert_eq!(thrice["copies"], serde_json::json!([2, 3]), "{notes}");
    assert!(thrice["place"].as_str().unwrap().starts_with("public.notes (0,"), "{notes}");
}

#[test]
fn tables_of_other_columns_or_keys_are_told_sensibly() {
    let pair = pair(
        "create table less (id int primary key); create table kept (id int, sub int, v text); insert into kept values (1, 1, 'x')",
        "alter table less add a text, add b int; insert into less values (1); alter table kept add primary key (id)",
        "alter table less add b bigint, add c text; insert into less values (1); alter table kept add primary key (id, sub); \
         update kept set v = 'y'",
    );

    pair.call()
        .differs()
        .answers("the rows cannot be compared: `a` is only in local; `c` is only in cloud; `b` is `integer` in local, `bigint` in cloud")
        .answers("its primary keys are not the same: a row that changed is one that only one side has");
}

#[test]
fn rows_are_found_in_three_round_trips_however_many_tables_differ() {
    let tables = (0..12).map(|number| {
        format!("; create table t{number} (id int primary key, v text); insert into t{number} select i, 'v' from generate_series(1, 3000) i")
    });
    let both: String = std::iter::once(NO_CHANGE.to_owned()).chain(tables).collect();
    let local = Database::empty();
    let far = Database::empty_on(Which::Cloud);
    local.run(&both);
    far.run(&both);
    let trips = |expected: usize, is_as_meant: &dyn Fn(Call)| {
        fewest_round_trips(expected, || {
            let proxy = FaultProxy::to(Which::Cloud).delay(Duration::from_millis(10));
            let far = format!("{}?sslmode=disable", proxy.url(&far.url()));
            let project = Project::new().local(&local).cloud_at(&far);
            is_as_meant(crmctl(&project).args(["verify", "--show-values"]));
            proxy.round_trips()
        })
    };

    let to_find_nothing = trips(5, &|verify| drop(verify.run().expect(0)));
    for number in 0..12 {
        far.run(&format!("update t{number} set v = 'w' where id = 77"));
    }
    let to_find_all = trips(to_find_nothing + 3, &|verify| {
        verify.differs().answers("row id=77 differs in v (`v` in local, `w` in cloud)");
    });
    assert!(
        to_find_all <= to_find_nothing + 3,
        "{to_find_all} round trips, {to_find_nothing} to find nothing"
    );
}

/// Everything differs, in tables large and small and under long keys: what is kept of it does not grow.
#[test]
fn memory_stays_bounded_however_many_rows_differ() {
    let both = "create table large (id text primary key, v int); create table bag (v text); \
        insert into large select repeat(md5(i::text), 20) || i, 0 from generate_series(1, 60000) i; \
        insert into bag select md5(i::text) from generate_series(1, 60000) i; \
        do $$ begin for i in 1..40 loop execute format('create table small_%s (id int primary key, v int); \
        insert into small_%s select i, 0 from generate_series(1, 1500) i', i, i); end loop; end $$";
    let change = "update large set v = 1; update bag set v = v || 'x'; \
        do $$ begin for i in 1..40 loop execute format('update small_%s set v = 1', i); end loop; end $$";
    let pair = pair(both, NO_CHANGE, change);

    let running = pair.call().args(["--json"]).spawn();
    let status = format!("/proc/{}/status", running.pid());
    let watching = std::thread::spawn(move || {
        let mut peak = 0_u64;
        while let Ok(text) = std::fs::read_to_string(&status) {
            let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
            let Some(line) = line else { break };
            peak = peak.max(line.trim().trim_end_matches(" kB").parse().unwrap());
            std::thread::yield_now();
        }
        peak
    });
    let answer = running.finish().expect(3).json();
    let peak = watching.join().unwrap();
    assert!(peak < 64 * 1024, "{peak} kB");
    let rows = &answer["report"]["rows"];
    assert_eq!(rows["large"]["truncated"], true, "so many were not all looked at");
    assert_eq!(rows.as_object().unwrap().len(), 42);
}
