//! What a file that cannot run in one transaction is made of: as much as possible of it runs in transactions all the
//! same, each with the record of how far the file came.

use std::ops::Range;

use crate::migration::class::Class;
use crate::migration::file::MigrationFile;
use crate::migration::statement::Statement;

/// Statements that are done together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// Run in a transaction that crmctl begins and ends.
    Together(Range<usize>),
    /// The author's own transaction: its `begin`, what is in it, and its `commit`.
    Own(Range<usize>),
    /// One statement of a file that wants no transaction: with its record in one all the same, unless it refuses that.
    Single(usize),
    /// One statement that runs for itself. A crash may leave it done and not recorded.
    Alone(usize),
    /// One statement of a transaction of the author's that ends in another way than by a plain `commit`.
    Loose(usize),
}

impl Piece {
    /// The first statement behind it.
    pub(crate) fn end(&self) -> usize {
        match self {
            Self::Together(range) | Self::Own(range) => range.end,
            Self::Single(index) | Self::Alone(index) | Self::Loose(index) => index + 1,
        }
    }
}

/// The pieces of a file from a statement on.
pub(crate) fn pieces(file: &MigrationFile, from: usize) -> Vec<Piece> {
    let mut pieces: Vec<Piece> = Vec::new();
    let mut is_open = is_chained(file, from);
    let mut index = from;
    while index < file.statements.len() {
        let statement = &file.statements[index];
        let piece = match statement.class {
            Class::Empty => None,
            Class::TransactionControl => Some(match own_transaction(file, index) {
                Some(end) if !is_open => Piece::Own(index..end),
                _ => {
                    is_open = leaves_open(&statement.code_text(&file.text).to_ascii_lowercase());
                    Piece::Loose(index)
                }
            }),
            _ if is_open => Some(Piece::Loose(index)),
            Class::NonTransactional => Some(Piece::Alone(index)),
            _ if file.directives.no_transaction => Some(Piece::Single(index)),
            Class::Plain | Class::LeakingSet | Class::AddsEnumValue => {
                Some(Piece::Together(index..together(file, index)))
            }
        };
        index = piece.as_ref().map_or(index + 1, Piece::end);
        pieces.extend(piece);
    }
    pieces
}

/// Where statements end that can share a transaction. A new value of an enum must be committed before it is used.
fn together(file: &MigrationFile, from: usize) -> usize {
    let mut end = from;
    for statement in &file.statements[from..] {
        match statement.class {
            Class::Plain | Class::LeakingSet | Class::Empty => end += 1,
            Class::AddsEnumValue => return end + 1,
            Class::TransactionControl | Class::NonTransactional => break,
        }
    }
    end
}

/// Where the author's transaction ends, when it is a plain one: `begin`, statements, `commit`.
fn own_transaction(file: &MigrationFile, from: usize) -> Option<usize> {
    let code = |statement: &Statement| statement.code_text(&file.text).to_ascii_lowercase();
    let first = code(&file.statements[from]);
    if !first.starts_with("begin") && !first.starts_with("start") {
        return None;
    }
    let rest = &file.statements[from + 1..];
    let next = rest.iter().position(|statement| {
        matches!(statement.class, Class::TransactionControl | Class::NonTransactional)
    })?;
    let last = code(&rest[next]);
    let is_plain = last.starts_with("commit") || last.starts_with("end");
    (is_plain && !last.contains("prepared") && !last.contains("chain")).then_some(from + next + 2)
}

/// The statements before `end` whose settings still hold there: what a run that goes on in another session must
/// repeat. What the author has rolled back is not among them.
pub(crate) fn settings_before(file: &MigrationFile, end: usize) -> Vec<usize> {
    let (mut kept, mut begun) = (Vec::new(), 0);
    for (index, statement) in file.statements[..end].iter().enumerate() {
        let code = || statement.code_text(&file.text).to_ascii_lowercase();
        match statement.class {
            Class::LeakingSet => kept.push(index),
            Class::Plain if statement.command.starts_with("reset") => kept.push(index),
            Class::TransactionControl if code().starts_with("rollback") || code().starts_with("abort") => {
                if !code().contains("prepared") {
                    kept.truncate(begun);
                }
            }
            Class::TransactionControl => begun = kept.len(),
            Class::NonTransactional if statement.command.starts_with("discard") => kept.clear(),
            Class::Plain | Class::Empty | Class::NonTransactional | Class::AddsEnumValue => {}
        }
    }
    kept
}

/// Whether the statements from there on belong to a transaction that the one before them has begun: what is recorded ends
/// with a commit, and a commit can do that.
pub(crate) fn is_chained(file: &MigrationFile, from: usize) -> bool {
    let before = from.checked_sub(1).map(|index| &file.statements[index]);
    before.is_some_and(|statement| {
        statement.class == Class::TransactionControl
            && leaves_open(&statement.code_text(&file.text).to_ascii_lowercase())
    })
}

/// Whether a statement commits what is open, for good.
pub(crate) fn commits(file: &MigrationFile, index: usize) -> bool {
    let statement = &file.statements[index];
    let code = statement.code_text(&file.text).to_ascii_lowercase();
    let is_commit = code.starts_with("commit") || code.starts_with("end");
    statement.class == Class::TransactionControl && is_commit && !code.contains("prepared")
}

/// Whether a transaction is open behind this statement.
fn leaves_open(code: &str) -> bool {
    let begins = code.starts_with("begin") || code.starts_with("start");
    begins || (code.contains("chain") && !code.contains("no chain"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::migration::file::test_file;

    fn of(text: &str) -> Vec<Piece> {
        pieces(&test_file("1_a", text), 0)
    }

    #[test]
    fn what_can_share_a_transaction_does() {
        let text = "select 1; select 2; create index concurrently i on t (x); set role a; select 3; vacuum;";
        assert_eq!(
            of(text),
            [Piece::Together(0..2), Piece::Alone(2), Piece::Together(3..5), Piece::Alone(5)]
        );
    }

    #[test]
    fn a_new_enum_value_is_committed_before_what_follows() {
        let text = "select 1; alter type e add value 'x'; select 'x'::e; vacuum;";
        assert_eq!(of(text), [Piece::Together(0..2), Piece::Together(2..3), Piece::Alone(3)]);
    }

    #[test]
    fn the_transactions_of_the_author_stay_whole() {
        let text = "begin; select 1; commit; select 2; start transaction; select 3; end; -- x";
        assert_eq!(of(text), [Piece::Own(0..3), Piece::Together(3..4), Piece::Own(4..7)]);
    }

    #[test]
    fn a_transaction_that_ends_otherwise_runs_as_it_is_written() {
        let loose = |count: usize| (0..count).map(Piece::Loose).collect::<Vec<_>>();
        assert_eq!(of("begin; select 1; rollback;"), loose(3));
        assert_eq!(of("begin; select 1; commit and chain; select 2; commit;"), loose(5));
        assert_eq!(of("begin; select 1; prepare transaction 'x'; commit prepared 'x'"), loose(4));
    }

    #[test]
    fn the_settings_that_hold_at_a_place_are_those_that_were_not_taken_back() {
        let at_end = |text: &str| {
            let file = test_file("1_a", text);
            settings_before(&file, file.statements.len())
        };
        assert_eq!(at_end("set role a; select 1; reset role; set local b = 1; set c = 1"), [0, 2, 4]);
        assert_eq!(at_end("set a = 1; begin; set b = 1; rollback; set c = 1"), [0, 4]);
        assert_eq!(at_end("begin; set a = 1; commit; begin; set b = 1; abort"), [1]);
        assert_eq!(at_end("set a = 1; discard all; set b = 1"), [2]);
        assert_eq!(settings_before(&test_file("1_a", "set a = 1; set b = 1"), 1), [0]);
    }

    #[test]
    fn a_file_that_wants_no_transaction_runs_statement_by_statement() {
        assert_eq!(
            of("-- crmctl: no-transaction\nselect 1; vacuum; call p()"),
            [Piece::Single(0), Piece::Alone(1), Piece::Single(2)]
        );
    }

    #[test]
    fn what_follows_a_chain_is_in_a_transaction_when_a_file_goes_on_there() {
        let file = test_file("1_a", "begin; select 1; commit and chain; select 2; rollback;");
        assert_eq!(pieces(&file, 3), [Piece::Loose(3), Piece::Loose(4)]);
        assert!(is_chained(&file, 3) && !is_chained(&file, 0));
        assert!(commits(&file, 2) && !commits(&file, 4));
    }
}
