//! Databases of their own for every test, gone with the test.

use std::fmt::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::cluster::Which;
use super::crmctl;
use super::project::Project;
use super::query::{Rows, execute, query, try_query};
use super::world::World;

/// A database like that of a new Supabase project, or with more in it.
pub(crate) struct Database {
    pub(crate) which: Which,
    name: String,
}

impl Database {
    /// Without any migration, on this machine's server.
    pub(crate) fn empty() -> Self {
        Self::empty_on(Which::Local)
    }

    /// Without any migration.
    pub(crate) fn empty_on(which: Which) -> Self {
        Self::copy_of("baseline", which)
    }

    /// With the CRM's own migrations, as `crmctl migrate up` applies them.
    pub(crate) fn migrated(which: Which) -> Self {
        static MADE: [OnceLock<()>; 4] = [const { OnceLock::new() }; 4];
        MADE[which as usize].get_or_init(|| {
            let database = Self::named("baseline", which, "migrated".to_owned());
            let project = Project::new().local(&database).with_crm_migrations();
            crmctl(&project).args(["migrate", "up"]).success();
            std::mem::forget(database);
        });
        Self::copy_of("migrated", which)
    }

    /// With the CRM's migrations, its test users and their data.
    pub(crate) fn seeded(which: Which) -> Self {
        static MADE: [OnceLock<()>; 4] = [const { OnceLock::new() }; 4];
        MADE[which as usize].get_or_init(|| {
            drop(Self::migrated(which));
            let database = Self::named("migrated", which, "seeded".to_owned());
            let project = Project::new().local(&database).with_crm_migrations().with_crm_seeds();
            crmctl(&project).args(["seed", "all"]).success();
            std::mem::forget(database);
        });
        Self::copy_of("seeded", which)
    }

    fn copy_of(template: &str, which: Which) -> Self {
        static NEXT: AtomicUsize = AtomicUsize::new(1);
        let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::named(template, which, name)
    }

    fn named(template: &str, which: Which, name: String) -> Self {
        let create = format!("create database {name} template {template} owner postgres");
        execute(&which.cluster().admin_url("template1"), &create);
        Self { which, name }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Its URL for `postgres`, as a user would have it.
    pub(crate) fn url(&self) -> String {
        self.which.url(&self.name)
    }

    /// The same without the password, for arguments, which every process of the machine can read. The sockets of
    /// these servers want none.
    pub(crate) fn url_without_password(&self) -> String {
        self.url().replacen(&format!(":{}@", self.which.password()), "@", 1)
    }

    /// Its URL for the superuser.
    pub(crate) fn admin_url(&self) -> String {
        self.which.cluster().admin_url(&self.name)
    }

    /// Asks as the superuser.
    pub(crate) fn query(&self, sql: &str) -> Rows {
        query(&self.admin_url(), sql)
    }

    /// Runs statements as `postgres`: what is made belongs to that role, as on a hosted project.
    pub(crate) fn run(&self, sql: &str) -> &Self {
        execute(&self.admin_url(), &format!("set role postgres; {sql}"));
        self
    }

    /// The first value of the first row, NULL as an empty text.
    pub(crate) fn value(&self, sql: &str) -> String {
        let rows = self.query(sql);
        rows.first().and_then(|row| row.first().cloned().flatten()).unwrap_or_default()
    }

    /// The first column as texts.
    pub(crate) fn column(&self, sql: &str) -> Vec<String> {
        self.query(sql).into_iter().map(|row| row[0].clone().unwrap_or_default()).collect()
    }

    /// The versions in the history, in order.
    pub(crate) fn applied(&self) -> Vec<String> {
        if self.value("select to_regclass('supabase_migrations.schema_migrations')").is_empty() {
            return Vec::new();
        }
        self.column("select version from supabase_migrations.schema_migrations order by version")
    }

    /// Every row and every definition, to be compared as a whole.
    pub(crate) fn world(&self) -> World {
        World::of(|sql| self.query(sql))
    }

    /// The same but for some columns: their values are left out wherever they occur.
    pub(crate) fn world_but_for(&self, columns: &[&str]) -> World {
        World::but_for(columns, |sql| self.query(sql))
    }

    /// The tables with a row that has this text in it.
    pub(crate) fn tables_with(&self, text: &str) -> Vec<String> {
        let counts = self.column(&format!(
            "select format('select %L where exists (select from %I.%I t where t::text like %L)', \
             concat_ws('.', schemaname, tablename), schemaname, tablename, '%{text}%') from pg_tables \
             where schemaname !~ '^pg_' and schemaname <> 'information_schema'"
        ));
        if counts.is_empty() { Vec::new() } else { self.column(&counts.join(" union all ")) }
    }

    /// Another database with the same in it. Nobody may be connected to this one.
    pub(crate) fn copy(&self) -> Self {
        Self::copy_of(&self.name, self.which)
    }

    /// Becomes what another one is, by the same name; whoever is connected is thrown out.
    pub(crate) fn become_copy_of(&self, other: &Self) {
        let admin = self.which.cluster().admin_url("template1");
        execute(&admin, &format!("drop database if exists {} with (force)", self.name));
        execute(&admin, &format!("create database {} template {} owner postgres", self.name, other.name));
    }

    /// What clients of ours still do in it, one line per connection.
    pub(crate) fn connections(&self) -> String {
        let rows = self.query(
            "select application_name, state, query from pg_stat_activity where datname = current_database() \
             and pid <> pg_backend_pid() and backend_type = 'client backend'",
        );
        rows.iter().fold(String::new(), |mut text, row| {
            // Writing into a string does not fail.
            let _ = writeln!(text, "{row:?}");
            text
        })
    }

    /// Waits until a query gives true.
    pub(crate) fn until(&self, condition: &str) {
        super::until(condition, || self.value(&format!("select ({condition})::text")) == "true");
    }

    /// Waits until nobody is connected any more: the server has finished whatever it was told.
    pub(crate) fn until_alone(&self) {
        super::until("nobody is connected", || self.connections().is_empty());
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let sql = format!("drop database if exists {} with (force)", self.name);
        if let Err(error) = try_query(&self.which.cluster().admin_url("template1"), &sql) {
            // The whole server goes with this process in any case.
            eprintln!("database {} could not be dropped: {error}", self.name);
        }
    }
}
