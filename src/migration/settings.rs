//! The settings a file runs with, and what its author asks for instead.

use crate::migration::file::MigrationFile;

/// Clears what an earlier file or another transaction may have left behind: whose rights it had, its settings, its
/// temporary tables. Strings end where they were seen to end, whatever the role has been given for a default.
pub(crate) const CLEAN: &str = "set session authorization default; reset role; reset all; discard temp; \
    set standard_conforming_strings = on";

/// The role's own time-outs come back when settings are cleared; this takes them away again, inside of a transaction of
/// crmctl's.
pub(crate) const NO_TIME_OUT: &str =
    "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0";

/// The same inside of a transaction, and then these statements, in one message.
pub(crate) fn clean_then(statements: &str) -> String {
    format!("{CLEAN}; {NO_TIME_OUT}; {statements}")
}

/// Fails where no transaction is open. Whatever kept a message with `begin` from being carried out, a request to stop for
/// one, did not keep the server from the messages behind it: each is a transaction of its own then, which this undoes.
pub(crate) const ONLY_IN_TRANSACTION: &str = "savepoint crmctl; release savepoint crmctl";

/// A lock that is not had in time fails the file, which is tried again: waiting in the queue for an exclusive lock
/// would stall everybody behind it.
const LOCK_TIMEOUT: u128 = 2000;

/// The settings of a file, and the refusal of a server that is too old for it. `set` is `set` or `set local`.
pub(crate) fn settings(file: &MigrationFile, set: &str) -> String {
    let lock = file.directives.lock_timeout.map_or(LOCK_TIMEOUT, |time| time.as_millis());
    format!("{set} lock_timeout = {lock}; {}", without_locks(file, set))
}

/// The same for statements outside of a transaction: they wait for locks as long as it takes, unless told otherwise.
/// `create index concurrently` waits for the end of older transactions, and stands in nobody's way meanwhile.
pub(crate) fn patient_settings(file: &MigrationFile) -> String {
    let lock = file.directives.lock_timeout.map_or(0, |time| time.as_millis());
    format!("set lock_timeout = {lock}; {}", without_locks(file, "set"))
}

fn without_locks(file: &MigrationFile, set: &str) -> String {
    // The role's own time-outs are for clients that wait; an index on a big table takes its time.
    let statement = file.directives.statement_timeout.map_or(0, |time| time.as_millis());
    let version = file.directives.requires_version.map_or_else(String::new, |version| {
        format!(
            "; do $crmctl$ begin if pg_catalog.current_setting('server_version_num')::int operator(pg_catalog.<) {version}0000 then \
             raise exception 'the file requires PostgreSQL {version}, and this is %', pg_catalog.current_setting('server_version') \
             using errcode = 'feature_not_supported'; end if; end $crmctl$"
        )
    });
    format!("{set} statement_timeout = {statement}; {set} idle_in_transaction_session_timeout = 0{version}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    #[test]
    fn what_the_author_asks_for_takes_the_place_of_the_default() {
        let plain = test_file("1_a", "select 1");
        assert!(settings(&plain, "set local").starts_with("set local lock_timeout = 2000; "));
        assert!(patient_settings(&plain).starts_with("set lock_timeout = 0; "));
        let file = test_file("1_a", "-- crmctl:lock-timeout 5s\n-- crmctl:requires-version 17\nselect 1");
        assert!(settings(&file, "set").starts_with("set lock_timeout = 5000; "));
        assert!(patient_settings(&file).starts_with("set lock_timeout = 5000; "));
        assert!(settings(&file, "set").contains("<) 170000 then"));
    }
}
