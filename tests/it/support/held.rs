//! Somebody else's transaction, which holds a lock.

use super::database::Database;
use super::query::try_query;

/// A transaction that holds a lock until it is let go.
pub(crate) struct Held<'a> {
    database: &'a Database,
    thread: std::thread::JoinHandle<()>,
}

impl<'a> Held<'a> {
    pub(crate) fn of(database: &'a Database, lock: &str) -> Self {
        let (url, sql) = (
            database.admin_url(),
            format!("set application_name = 'holder'; begin; {lock}; select pg_sleep(600)"),
        );
        let thread = std::thread::spawn(move || {
            // It is ended from outside.
            try_query(&url, &sql).ok();
        });
        database.until("exists (select from pg_stat_activity where application_name = 'holder' and wait_event = 'PgSleep')");
        Self { database, thread }
    }

    pub(crate) fn is_waited_for(&self) {
        self.database.until(
            "exists (select from pg_stat_activity held join pg_stat_activity waits on held.pid = any (pg_blocking_pids(waits.pid)) \
             where held.application_name = 'holder' and held.datname = current_database())",
        );
    }

    pub(crate) fn let_go(self) {
        self.database.query("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holder' and datname = current_database()");
        self.thread.join().unwrap();
    }
}
