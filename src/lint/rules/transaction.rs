//! Rules that look at a whole file: what its statements do to each other in one transaction.

use crate::lint::finding::Severity;
use crate::lint::rules::Problem;
use crate::lint::words::{Name, Words};
use crate::lint::world::World;
use crate::lint::{Read, ReadFile};
use crate::migration::class::Class;
use crate::migration::file::BarrierReason;
use crate::sql::scanner::TokenKind;

/// What the statements of a file do together, each with the number of the statement that is to blame.
pub(crate) fn check(file: &ReadFile, world: &World) -> Vec<(usize, Problem)> {
    let Some(barrier) = file.file.barrier() else {
        return [locks(file, world), enum_values(file)].concat();
    };
    match (barrier.reason, barrier.statement) {
        (BarrierReason::NonTransactional, Some(index)) => half_done(file, index).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// The tables that a statement locks against everybody, readers too.
fn locked(words: Words) -> Vec<Name> {
    // These let others read, some even write.
    const MILD: [&[&str]; 6] = [
        &["validate"],
        &["enable", "trigger"],
        &["disable", "trigger"],
        &["attach"],
        &["set", "("],
        &["alter", "constraint"],
    ];
    if let Some((table, actions)) = words.alter_table() {
        let is_mild = |action: &Words| {
            MILD.iter().any(|mild| action.begins(mild))
                || action.has(&["set", "statistics"])
                || (action.begins(&["add"]) && action.has(&["foreign", "key"]))
        };
        return if actions.iter().all(is_mild) { Vec::new() } else { vec![table] };
    }
    if words.begins(&["drop", "table"]) {
        return words.from(2).names();
    }
    if words.begins(&["truncate"]) {
        return words.from(1).behind(&["table"]).names();
    }
    Vec::new()
}

/// L09 and L10.
fn locks(file: &ReadFile, world: &World) -> Vec<(usize, Problem)> {
    let mut problems = Vec::new();
    let mut held: Vec<(Name, Severity)> = Vec::new();
    let mut is_backfilled = false;
    for (index, read) in file.reads.iter().enumerate() {
        let words = Words(&read.words);
        if let Some((_, severity)) = held.iter().max_by_key(|(_, severity)| *severity)
            && !is_backfilled
            && let Some(problem) = backfill(words, &held, *severity, world)
        {
            // Once is enough: the rest of the file goes with it.
            is_backfilled = true;
            problems.push((index, problem));
        }
        for table in locked(words) {
            let Some(severity) = world.weight(&table).of_lock() else { continue };
            if held.iter().any(|(other, _)| *other == table) {
                continue;
            }
            held.push((table, severity));
            if held.len() == 2 {
                problems.push((index, several(words, &held)));
            }
        }
    }
    problems
}

fn several(words: Words, held: &[(Name, Severity)]) -> Problem {
    let (first, second) = (&held[0].0, &held[1].0);
    let hurts = held.iter().any(|(_, severity)| *severity == Severity::Error);
    Problem {
        rule: "L09",
        severity: if hurts { Severity::Warning } else { Severity::Note },
        message: format!("`{first}` stays locked against everybody while this waits for `{second}`"),
        offset: words.offset(),
        help: "a migration for each table: the locks are shorter, and cannot block each other for ever",
    }
}

fn backfill(words: Words, held: &[(Name, Severity)], severity: Severity, world: &World) -> Option<Problem> {
    let target = if words.begins(&["update"]) {
        words.from(1)
    } else if words.begins(&["delete", "from"]) {
        words.from(2)
    } else {
        return None;
    };
    let (table, _) = target.name()?;
    world.weight(&table).of_lock()?;
    Some(Problem {
        rule: "L10",
        severity,
        message: format!("rows of `{table}` are changed while `{}` is locked against everybody", held[0].0),
        offset: words.offset(),
        help: "change the rows in a migration of its own, in batches if there are many",
    })
}

/// L11: a new value of an enum cannot be used before the transaction that adds it ends.
fn enum_values(file: &ReadFile) -> Vec<(usize, Problem)> {
    let mut made: Vec<Name> = Vec::new();
    let mut added: Vec<&str> = Vec::new();
    let mut problems = Vec::new();
    for (index, read) in file.reads.iter().enumerate() {
        let words = Words(&read.words);
        if words.begins(&["create", "type"]) {
            made.extend(words.from(2).name().map(|(name, _)| name));
        }
        if words.begins(&["alter", "type"]) && read.statement.class != Class::AddsEnumValue {
            continue;
        }
        if read.statement.class == Class::AddsEnumValue {
            let is_new = words.from(2).name().is_some_and(|(name, _)| made.contains(&name));
            let value = words.find(&["add", "value"]).and_then(|at| value(words.from(at + 2)));
            added.extend(value.filter(|_| !is_new));
            continue;
        }
        let used = read.words.iter().find(|word| word.kind == TokenKind::Text && added.contains(&word.text));
        if let Some(word) = used {
            problems.push((
                index,
                Problem {
                    rule: "L11",
                    severity: Severity::Error,
                    message: format!("{} was added by this file: the server refuses its use before the end of the transaction", word.text),
                    offset: word.offset,
                    help: "use it in the next migration",
                },
            ));
        }
    }
    problems
}

fn value(words: Words<'_>) -> Option<&str> {
    let words = words.behind(&["if", "not", "exists"]);
    words.0.first().filter(|word| word.kind == TokenKind::Text).map(|word| word.text)
}

/// H08: when such a file fails, what it did before stays.
fn half_done(file: &ReadFile, index: usize) -> Option<(usize, Problem)> {
    let is_work = |read: &&Read| read.statement.class == Class::Plain;
    let others = file.reads.iter().filter(is_work).count();
    let problem = Problem {
        rule: "H08",
        severity: Severity::Warning,
        message: "this cannot run in a transaction, and so the whole file cannot: if it fails, what was done before stays"
            .to_owned(),
        offset: Words(&file.reads[index].words).offset(),
        help: "put this statement into a migration of its own",
    };
    (others > 0).then_some((index, problem))
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_live, found_with_notes};

    const TWO: [(&str, u64); 2] = [("public.a", 50_000), ("public.b", 3)];

    #[test]
    fn l09_finds_locks_on_several_tables_with_rows() {
        let sql = "alter table a add x int; alter table b add x int;";
        assert_eq!(found_live(sql, TWO), ["warning L09"]);
        assert_eq!(found_with_notes(sql), ["note L09"]);
        assert!(found_live("alter table a add x int; alter table a add y int", TWO).is_empty());
        assert!(found_live("alter table a validate constraint c; alter table b add x int", TWO).is_empty());
    }

    #[test]
    fn l10_finds_a_backfill_under_a_lock() {
        let sql = "alter table a add x int; update a set x = 1 where x is null;";
        assert_eq!(found_live(sql, TWO), ["error L10"]);
        assert_eq!(found(sql), ["warning L10"]);
        assert!(found("update a set x = 1 where x is null").is_empty());
        assert!(found_live(sql, [("public.a", 0)]).is_empty());
    }

    #[test]
    fn l11_finds_an_enum_value_used_before_it_may_be() {
        let sql = "alter type mood add value if not exists 'meh'; update a set b = 'meh' where c;";
        assert_eq!(found(sql), ["error L11"]);
        assert!(found("alter type mood add value 'meh'; update a set b = 'ok' where c;").is_empty());
        assert!(
            found("-- crmctl: no-transaction\nalter type m add value 'x'; update a set b = 'x' where c;")
                .is_empty()
        );
    }

    #[test]
    fn h08_finds_a_file_that_can_be_half_done() {
        let sql = "create index concurrently i on private.a (b);";
        assert_eq!(found(&format!("select 1; {sql}")), ["warning H08"]);
        assert!(found(&format!("{sql} drop index concurrently j;")).is_empty());
    }
}
