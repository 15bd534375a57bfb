//! `crmctl verify` and the traps of its digest: never a false "equal", never a false "different", between servers whose
//! object ids and settings differ; and between versions, with those that `CRMCTL_TEST_SERVERS` names.

mod cases;
mod rows;

use std::collections::BTreeMap;

use self::cases::{Case, Needs, TYPES, TYPES_AFTER, TYPES_BEFORE};
use crate::support::{Project, Which, crmctl, of_other_versions, try_query};

/// What decides how values look as text, set as far from ours as can be.
const OTHER_SETTINGS: [&str; 14] = [
    "timezone = 'Asia/Kolkata'",
    "datestyle = 'German, DMY'",
    "intervalstyle = 'iso_8601'",
    "extra_float_digits = -3",
    "bytea_output = 'escape'",
    "lc_monetary = 'C.UTF-8'",
    "search_path = public, pg_temp",
    "quote_all_identifiers = on",
    "xmloption = 'document'",
    "standard_conforming_strings = off",
    "default_transaction_isolation = 'serializable'",
    "statement_timeout = '1ms'",
    "escape_string_warning = off",
    "max_parallel_workers_per_gather = 0",
];

/// A database with the tables of all cases that its server can hold.
struct Side {
    url: String,
    admin_url: String,
    name: String,
}

impl Side {
    fn new(server: &Server, is_left: bool) -> Self {
        let name = format!("traps_{}_{}", if is_left { "left" } else { "right" }, server.name);
        let side = Self { url: (server.url)(&name), admin_url: (server.admin_url)(&name), name };
        ask(
            &(server.admin_url)("template1"),
            &format!("create database {} template postgres owner postgres", side.name),
        );
        for (needs, extension) in [(Needs::Citext, "citext"), (Needs::Hstore, "hstore")] {
            if server.has(needs) {
                ask(&side.admin_url, &format!("create extension {extension} schema public"));
            }
        }
        if server.has(Needs::Icu) {
            let collation = "set role postgres; create collation public.either \
                (provider = icu, locale = 'und-u-ks-level2', deterministic = false)";
            ask(&side.admin_url, collation);
        }
        if is_left {
            side.run(TYPES);
        } else {
            side.run(TYPES_BEFORE);
            for sql in TYPES_AFTER {
                side.run(sql);
            }
            side.run(&TYPES[TYPES.find("create function lossy").unwrap()..].replace(TABLES_OF_TYPES, ""));
        }
        let cases = all_cases().into_iter().filter(|case| server.has(case.needs));
        let tables: Vec<String> = cases.map(|case| if is_left { case.left } else { case.right }).collect();
        side.run(&tables.join(";\n"));
        if !is_left {
            for setting in OTHER_SETTINGS {
                ask(&side.admin_url, &format!("alter database {} set {setting}", side.name));
            }
        }
        side
    }

    /// As the role that users have.
    fn run(&self, sql: &str) {
        ask(&self.admin_url, &format!("set role postgres; {sql}"));
    }
}

/// What [`TYPES_BEFORE`] has made already.
const TABLES_OF_TYPES: &str = "create table here (); create table there (); create function public.f() returns int language sql as 'select 1';";

struct Server {
    name: String,
    url: Box<dyn Fn(&str) -> String>,
    admin_url: Box<dyn Fn(&str) -> String>,
    lacks: Vec<Needs>,
}

impl Server {
    fn new(
        name: &str,
        url: impl Fn(&str) -> String + 'static,
        admin_url: impl Fn(&str) -> String + 'static,
    ) -> Self {
        let is_lacking = |needs: &Needs| {
            try_query(&admin_url("template1"), needs.probe()).unwrap()[0][0].as_deref() != Some("t")
        };
        let all = [Needs::Nothing, Needs::Citext, Needs::Hstore, Needs::Icu, Needs::Xml, Needs::Version17];
        let lacks = all.into_iter().filter(is_lacking).collect();
        Self { name: name.to_owned(), url: Box::new(url), admin_url: Box::new(admin_url), lacks }
    }

    fn of(which: Which) -> Self {
        let name = format!("{which:?}").to_lowercase();
        Self::new(&name, move |name| which.url(name), move |name| which.cluster().admin_url(name))
    }

    fn has(&self, needs: Needs) -> bool {
        !self.lacks.contains(&needs)
    }
}

fn ask(url: &str, sql: &str) {
    try_query(url, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

fn all_cases() -> Vec<Case> {
    cases::of_types().into_iter().chain(rows::of_rows()).collect()
}

/// The verdict on each table.
fn verdicts(left: &Side, right: &Side) -> BTreeMap<String, String> {
    let local = format!("[environments.local]\nurl = \"{}\"", left.url);
    let project = Project::new().setting(&local).cloud_at(&right.url);
    let answer = crmctl(&project).args(["verify", "--level", "contents", "--json"]).differs().json();
    let tables = answer["report"]["tables"].as_array().unwrap();
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    tables.iter().map(|table| (word(&table["table"]["name"]), word(&table["verdict"]))).collect()
}

/// The cases that were judged wrongly.
fn wrong(left: (&Server, &Side), right: (&Server, &Side)) -> Vec<String> {
    let verdicts = verdicts(left.1, right.1);
    let cases = all_cases().into_iter().filter(|case| left.0.has(case.needs) && right.0.has(case.needs));
    let judge = |case: Case| {
        let verdict = verdicts.get(&case.table).map_or("none", String::as_str);
        let is_right = if case.is_equal { verdict == "equal" } else { verdict.ends_with("_differ") };
        let sides = format!("{} and {}", left.0.name, right.0.name);
        (!is_right).then(|| format!("{sides}: {verdict}: {} | {}", case.left, case.right))
    };
    cases.filter_map(judge).collect()
}

#[test]
fn no_trap_makes_equal_rows_differ_or_different_rows_equal() {
    let others = of_other_versions();
    let mut servers = vec![Server::of(Which::Local), Server::of(Which::Cloud)];
    for (number, cluster) in others.iter().enumerate() {
        let address = cluster.address();
        let (of_user, of_admin) = (address.clone(), address.clone());
        let name = format!("other_{number}");
        servers.push(Server::new(
            &name,
            move |name| of_user.postgres_url(name),
            move |name| of_admin.admin_url(name),
        ));
    }
    let lefts: Vec<Side> = servers.iter().map(|server| Side::new(server, true)).collect();
    let rights: Vec<Side> = servers.iter().map(|server| Side::new(server, false)).collect();

    let mut found = Vec::new();
    for (left, ours) in servers.iter().zip(&lefts) {
        for (right, theirs) in servers.iter().zip(&rights).filter(|(right, _)| right.name != left.name) {
            found.extend(wrong((left, ours), (right, theirs)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    for (server, side) in
        servers.iter().flat_map(|server| lefts.iter().chain(&rights).map(move |side| (server, side)))
    {
        if side.name.ends_with(&format!("_{}", server.name)) {
            ask(&(server.admin_url)("template1"), &format!("drop database {} with (force)", side.name));
        }
    }
}
