//! `crmctl sync` between servers of different versions, over every way: those that `CRMCTL_TEST_SERVERS` names and the one
//! of the everyday run, each with each; without it the servers that are there.

use crate::support::{Project, Which, World, crmctl, of_other_versions, try_query};

const SCHEMA: &str = include_str!("sync/rare.sql");
const ROWS: &str = include_str!("sync/rare_rows.sql");
const AFTER: &str = include_str!("sync/rare_after.sql");
const OLD_ROWS: &str = include_str!("sync/rare_old_rows.sql");
/// What PostgreSQL 18 knows beyond 15.
const NEWER: [&str; 3] = [
    include_str!("sync/newer.sql"),
    include_str!("sync/newer_rows.sql"),
    include_str!("sync/newer_old_rows.sql"),
];

type Url = Box<dyn Fn(&str) -> String>;

struct Server {
    name: String,
    url: Url,
    admin: Url,
}

impl Server {
    fn of(which: Which) -> Self {
        Self {
            name: format!("{which:?}").to_lowercase(),
            url: Box::new(move |name| which.url(name)),
            admin: Box::new(move |name| which.cluster().admin_url(name)),
        }
    }

    fn ask(&self, database: &str, sql: &str) -> String {
        let rows =
            try_query(&(self.admin)(database), sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"));
        rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default()
    }

    fn version(&self) -> u32 {
        self.ask("template1", "show server_version_num").parse::<u32>().unwrap() / 10_000
    }

    /// A database with these statements run, each as the role that users have.
    fn make(&self, name: &str, statements: &[&str]) {
        self.ask("template1", &format!("create database {name} template postgres owner postgres"));
        for sql in statements {
            self.ask(name, &format!("set role postgres; {sql}"));
        }
    }

    fn drop(&self, name: &str) {
        self.ask("template1", &format!("drop database {name} with (force)"));
    }

    fn rows(&self, name: &str) -> World {
        World::at(&(self.admin)(name)).only("rows ")
    }
}

fn rows_arrive(source: &Server, target: &Server, statements: [&[&str]; 3]) {
    let [both, rows, old_rows] = statements;
    let (from, to) =
        (format!("versions_{}_to_{}", source.name, target.name), format!("versions_from_{}", source.name));
    source.make(&from, &[&both[..1], rows, &both[1..]].concat());
    target.make(&to, both);
    let local = format!("[environments.local]\nurl = \"{}\"", (source.url)(&from));
    let project = Project::new().setting(&local).cloud_at(&(target.url)(&to));

    for mode in ["full", "bulk", "staged", "delta"] {
        if mode != "full" {
            for sql in old_rows {
                drop(target.ask(&to, sql));
            }
        }
        let output = crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode]).run();
        assert_eq!(output.code, Some(0), "{} to {}: {output}", source.name, target.name);
        source.rows(&from).assert_same(&target.rows(&to));
    }
    crmctl(&project).args(["verify"]).success();
    source.drop(&from);
    target.drop(&to);
}

#[test]
fn rows_arrive_over_every_way_at_servers_of_every_other_version() {
    let others = of_other_versions();
    let mut servers = vec![Server::of(Which::Local), Server::of(Which::Cloud)];
    if !others.is_empty() {
        servers.truncate(1);
    }
    for (number, cluster) in others.iter().enumerate() {
        let (of_user, of_admin) = (cluster.address().clone(), cluster.address().clone());
        let server = Server {
            name: format!("other_{number}"),
            url: Box::new(move |name| of_user.postgres_url(name)),
            admin: Box::new(move |name| of_admin.admin_url(name)),
        };
        // Half of them let nothing rest.
        if number % 2 == 1 {
            server.ask("template1", "revoke set on parameter session_replication_role from postgres");
        }
        servers.push(server);
    }

    for source in &servers {
        for target in servers.iter().filter(|target| target.name != source.name) {
            rows_arrive(source, target, [&[SCHEMA, AFTER], &[ROWS], &[OLD_ROWS]]);
        }
        if source.version() >= 18 {
            rows_arrive(source, source, [&NEWER[..1], &NEWER[1..2], &NEWER[2..]]);
        }
    }
}
