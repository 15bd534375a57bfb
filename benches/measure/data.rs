//! Databases with many rows.

use super::Memory;
use crate::support::{Database, Project, Which, crmctl};

/// Seeds a database with so many times the default data set.
pub(crate) fn seed(database: &Database, what: &str, scale: &str, memory: &Memory) {
    let url = format!("{}?sslmode=disable", database.url());
    let project = Project::new().cloud_at(&url).with_crm_seeds();
    let arguments = ["seed", what, "--scale", scale, "--env", "cloud", "--confirm", "cloud"];
    let running = crmctl(&project).args(arguments).env("TEST_USER_PASSWORD", "of-the-bench-4711").spawn();
    memory.watch(running.pid());
    running.finish().expect(0);
}

/// A database with the CRM's migrations and so many times the default data set.
pub(crate) fn seeded(which: Which, scale: &str) -> Database {
    let database = Database::migrated(which);
    seed(&database, "all", scale, &Memory::default());
    // Otherwise the server does it while something is measured.
    database.query("vacuum analyze");
    database
}
