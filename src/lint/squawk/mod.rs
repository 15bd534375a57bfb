//! squawk's rules: which of them speak, under which id, and how grave that is here.
//!
//! Where a rule of ours says the same with live sizes, squawk's stays silent, so that one danger is one finding.
//! A file that squawk cannot read is left to our own rules, which look at words.

mod depth;
mod treatment;
mod weigh;

use std::panic::{AssertUnwindSafe, catch_unwind};

pub(crate) use squawk_linter::Violation;
use squawk_linter::{Linter, Rule};
use squawk_syntax::SourceFile;

use crate::lint::rules::Problem;
use crate::lint::words::Words;
use crate::lint::world::World;
use crate::lint::{Read, ReadFile};
use treatment::{Place, Treatment, treatment};

/// What squawk says of each file. All of them are read on one stack: making one takes longer than reading a small file.
pub(crate) fn read(files: &[ReadFile]) -> Vec<Vec<Violation>> {
    // A file that squawk fails on is left to our own rules, like one that it cannot read.
    let of_file = |file| catch_unwind(AssertUnwindSafe(|| violations(file))).unwrap_or_default();
    let mut found: Vec<Vec<Violation>> = depth::with_stack(|| files.iter().map(of_file).collect());
    found.resize_with(files.len(), Vec::new);
    found
}

/// What squawk finds in a file and nobody else says.
pub(crate) fn check<'a>(
    file: &ReadFile<'a>,
    violations: &[Violation],
    world: &'a World<'a>,
) -> Vec<(usize, Problem)> {
    violations.iter().filter_map(|violation| problem(file, violation, world)).collect()
}

fn problem<'a>(file: &ReadFile<'a>, violation: &Violation, world: &'a World<'a>) -> Option<(usize, Problem)> {
    let offset = usize::from(violation.text_range.start());
    let Treatment::As(said) = treatment(violation.code) else { return None };
    let index = file.reads.iter().position(|read| read.statement.span.contains(&offset))?;
    let words = Words(&file.reads[index].words);
    let first = words.0.partition_point(|word| word.offset < offset);
    let severity = said.weigh.severity(&Place { words, at: words.from(first), world })?;
    let (message, help) = (said.message.to_owned(), said.help);
    Some((index, Problem { rule: said.id, severity, message, offset, help }))
}

/// Bytes of a file that squawk reads: its tree takes several times as much. What is longer is a dump, which our own
/// rules look at.
const LONGEST: usize = 4 * 1024 * 1024;

/// Parses what is not only rows, and once more without the statements that squawk cannot read.
fn violations(file: &ReadFile) -> Vec<Violation> {
    if file.file.text.len() > LONGEST {
        return Vec::new();
    }
    let is_left_out = |read: &Read| {
        matches!(read.statement.command.as_str(), "insert into" | "copy" | "do")
            || depth::is_too_deep(&read.words)
    };
    let mut text = without(&file.file.text, file, is_left_out);
    let mut parse = SourceFile::parse(&text);
    let errors = parse.errors();
    if !errors.is_empty() {
        let offsets: Vec<usize> = errors.iter().map(|error| usize::from(error.range().start())).collect();
        text = without(&text, file, |read| {
            let span = &read.statement.span;
            offsets.iter().any(|offset| *offset >= span.start && *offset <= span.end)
        });
        parse = SourceFile::parse(&text);
        if !parse.errors().is_empty() {
            return Vec::new();
        }
    }
    let rules = Linter::with_default_rules().rules;
    let speaks = |rule: &Rule| matches!(treatment(*rule), Treatment::As(_));
    let mut linter = Linter::from(rules.into_iter().filter(speaks));
    linter.settings.assume_in_transaction = file.file.barrier().is_none();
    linter.lint(&parse, &text)
}

/// The text with some statements, all data and all lines of psql's turned into blanks, byte for byte.
fn without(text: &str, file: &ReadFile, leaves_out: impl Fn(&Read) -> bool) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut blank = |range: std::ops::Range<usize>| {
        bytes[range].iter_mut().filter(|byte| !matches!(**byte, b'\n' | b'\r')).for_each(|byte| *byte = b' ');
    };
    for read in &file.reads {
        let statement = read.statement;
        if leaves_out(read) {
            blank(statement.span.clone());
        } else {
            blank(statement.span.start..statement.range.start);
            let semicolon = text[statement.range.end..statement.span.end].find(';');
            let end = semicolon.map_or(statement.range.end, |length| statement.range.end + length + 1);
            blank(end..statement.span.end);
        }
    }
    // Whole characters were replaced by as many blanks as they have bytes.
    String::from_utf8(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::{found, found_live, found_with_notes};

    #[test]
    fn one_danger_is_one_finding() {
        assert_eq!(found_with_notes("drop table a"), ["error D01"]);
        assert_eq!(found_with_notes("alter table a rename to b"), ["warning D05"]);
        assert_eq!(found_with_notes("alter table a alter b set not null"), ["warning L03"]);
        assert_eq!(found_with_notes("drop extension a cascade"), ["warning D03"]);
    }

    #[test]
    fn what_squawk_cannot_read_is_left_out_and_the_rest_is_found() {
        let sql = "this is no sql; drop view v; create table private.a (id uuid primary key, b char(3));";
        assert_eq!(found_with_notes(sql), ["warning D09", "note H12"]);
    }

    #[test]
    fn data_between_statements_moves_nothing() {
        let sql = "copy a from stdin;\n1\t'drop table\n\\.\n\\restrict abc\ndrop view v;";
        assert_eq!(found(sql), ["warning D09"]);
    }

    #[test]
    fn an_index_is_weighed_by_its_table() {
        let sql = "create index i on a (b); drop index i;";
        assert_eq!(found_live(sql, [("public.a", 50_000)]), ["error L01", "warning L12"]);
        assert!(found_live(sql, [("public.a", 0)]).is_empty());
    }

    #[test]
    fn what_is_made_or_put_back_by_the_same_files_is_not_found() {
        assert!(
            found("drop function f(int); create function f(a int) returns int language sql return 1;")
                .is_empty()
        );
        let sql = "alter table a drop constraint c; alter table a add constraint c check (b > 0) not valid;";
        assert!(found(sql).is_empty());
    }

    #[test]
    fn only_keys_run_out() {
        let sql = "create table private.a (id int primary key, size int)";
        assert_eq!(found(sql), ["warning H09"]);
        assert!(found(&sql.replace("int primary", "int default 1 primary")).is_empty());
    }
}
