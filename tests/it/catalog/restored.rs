//! A schema that was dumped and restored is the same schema.
//!
//! `regression.sql.zst` is what PostgreSQL's own regression tests leave behind, a database made to be hard to dump:
//! `pg_dump --schema-only` of it, without functions in C, for which a library would have to be built. With them, and
//! with rows, by hand: `make -C src/test/regress` in the sources of PostgreSQL, `pg_regress --use-existing
//! --schedule=parallel_schedule --dbname=regression`, `pg_dump -Fc regression | pg_restore -d restored`, and then
//! compare the two with `crmctl verify --level schema`.

use std::path::PathBuf;
use std::process::Command;

use crmctl::catalog::diff;

use crate::support::{Which, try_query};

use super::{of_url, snapshot};

/// A database without anything of Supabase, gone with the test.
struct Plain(&'static str);

impl Plain {
    fn new(name: &'static str) -> Self {
        admin(&format!("create database {name} template template0"));
        Self(name)
    }

    fn url(&self) -> String {
        Which::Local.cluster().admin_url(self.0)
    }

    fn run(&self, sql: &str) {
        // What is for psql alone.
        let sql: String =
            sql.lines().filter(|line| !line.starts_with('\\')).fold(String::new(), |mut sql, line| {
                sql += line;
                sql.push('\n');
                sql
            });
        try_query(&self.url(), &sql).unwrap_or_else(|error| panic!("{}: {error}", self.0));
    }

    fn dump(&self) -> String {
        let program: PathBuf = Which::Local.cluster().binaries().program("pg_dump");
        let output = Command::new(program).arg("--schema-only").arg(self.url()).output().expect("pg_dump");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }
}

impl Drop for Plain {
    fn drop(&mut self) {
        admin(&format!("drop database {} with (force)", self.0));
    }
}

fn admin(sql: &str) {
    try_query(&Which::Local.cluster().admin_url("template1"), sql)
        .unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
}

#[test]
fn the_regression_database_of_postgresql_is_the_same_when_dumped_and_restored() {
    let sql = zstd::decode_all(&include_bytes!("regression.sql.zst")[..]).unwrap();
    let (left, right) = (Plain::new("regression_left"), Plain::new("regression_right"));
    left.run(&String::from_utf8(sql).unwrap());
    right.run(&left.dump());

    let (left, right) = crate::support::wait_for(async {
        let (mut one, mut other) = (of_url(&left.url()).await, of_url(&right.url()).await);
        let catalogs = (snapshot(&mut one).await, snapshot(&mut other).await);
        one.close().await;
        other.close().await;
        catalogs
    });
    assert!(left.objects.len() > 3000, "the fixture is not what it was: {} objects", left.objects.len());
    assert_eq!(diff(&left, &right), []);
    assert_eq!(left.hash(), right.hash());
}
