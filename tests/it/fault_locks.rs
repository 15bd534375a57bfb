//! Somebody else's transaction holds every table: no command waits for ever, and each says who is in its way.

use crate::fault_scenarios::{BACKUP, scenarios};
use crate::support::{Database, Fate, Scenario, Side, Stage, try_query};

/// All tables.
const HOLD: &str = "begin; set local application_name = 'somebody'; do $$ declare held regclass; begin \
    for held in select c.oid from pg_class c join pg_namespace n on n.oid = relnamespace where relkind in ('r', 'p') \
    and nspname !~ '^pg_' and nspname <> 'information_schema' loop \
    execute format('lock table %s in %s mode', held, 'MODE'); end loop; end $$; select pg_sleep(600)";

const HOLDER: &str =
    "from pg_stat_activity where application_name = 'somebody' and datname = current_database()";

/// A transaction that holds all tables of a database, until it is dropped.
struct Holder<'a> {
    database: &'a Database,
    session: Option<std::thread::JoinHandle<()>>,
}

impl<'a> Holder<'a> {
    fn of(database: &'a Database, mode: &str) -> Self {
        let url = database.admin_url();
        let hold = HOLD.replace("MODE", mode);
        let session = std::thread::spawn(move || {
            try_query(&url, &hold).expect_err("it is ended from outside");
        });
        database.until(&format!("exists (select {HOLDER} and wait_event = 'PgSleep')"));
        Self { database, session: Some(session) }
    }
}

impl Drop for Holder<'_> {
    fn drop(&mut self) {
        self.database.query(&format!("select pg_terminate_backend(pid) {HOLDER}"));
        if let Some(session) = self.session.take() {
            // Only while a failure is told already.
            session.join().ok();
        }
    }
}

fn locked_out(scenario: &Scenario) {
    let mut stage = Stage::of(scenario);
    let holder = Holder::of(&stage.target, "exclusive");
    let output = stage.impatiently(Side::Target);
    drop(holder);
    let fate = stage.survived("a lock of somebody else", &output);
    if stage.only_reads() {
        assert_eq!(output.code, Some(0), "{output}");
        return;
    }
    assert_eq!((fate, output.code), (Fate::Old, Some(1)), "{output}");
    output.says("(somebody, user ").says("select pg_terminate_backend(");
}

scenarios!(test_each locked_out);

#[test]
fn a_backup_of_what_cannot_even_be_read() {
    let mut stage = Stage::of(&BACKUP);
    let holder = Holder::of(&stage.target, "access exclusive");
    let output = stage.impatiently(Side::Target);
    drop(holder);
    stage.survived("a lock of somebody else", &output);
    output.expect(1).says("(somebody, user ");
}
