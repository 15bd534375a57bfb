//! A `begin` and a `commit` around a whole file: what crmctl does by itself, and then with the history row.

use crate::migration::class::Class;
use crate::migration::statement::Statement;

const BEGIN: [&str; 4] = ["begin", "begin work", "begin transaction", "start transaction"];
const COMMIT: [&str; 6] =
    ["commit", "commit work", "commit transaction", "end", "end work", "end transaction"];

/// Which statements are the two, if they are all that controls transactions, and the plain ones.
pub(crate) fn envelope(text: &str, statements: &[Statement]) -> Option<(usize, usize)> {
    let mut controls =
        (0..statements.len()).filter(|index| statements[*index].class == Class::TransactionControl);
    let (Some(begin), Some(commit), None) = (controls.next(), controls.next(), controls.next()) else {
        return None;
    };
    let is_one_of = |index: usize, plain: &[&str]| {
        let code = statements[index].code_text(text).to_ascii_lowercase();
        plain.contains(&code.split_whitespace().collect::<Vec<_>>().join(" ").as_str())
    };
    let is_empty = |statement: &Statement| statement.class == Class::Empty;
    let fits = statements[..begin].iter().chain(&statements[commit + 1..]).all(is_empty)
        && statements.iter().all(|statement| statement.class != Class::NonTransactional)
        && is_one_of(begin, &BEGIN)
        && is_one_of(commit, &COMMIT);
    fits.then_some((begin, commit))
}

#[cfg(test)]
mod tests {
    use crate::migration::file::{Segment, test_file};

    #[test]
    fn a_transaction_around_everything_is_the_one_that_crmctl_makes() {
        for text in [
            "begin; select 1; commit;",
            "-- c\nBEGIN WORK;\nselect 1;\nEND;\n-- d\n",
            "start transaction; select 1; commit transaction",
        ] {
            let file = test_file("1_a", text);
            assert_eq!(file.barrier(), None, "{text}");
            let [Segment::Sql(range)] = &file.segments()[..] else { panic!("{text}") };
            assert_eq!(&file.text[range.clone()], "select 1");
        }
    }

    #[test]
    fn any_other_transaction_of_the_author_is_left_to_the_author() {
        for text in [
            "begin; select 1; rollback;",
            "begin isolation level serializable; select 1; commit;",
            "begin; select 1; commit and chain;",
            "begin; select 1; commit; select 2;",
            "select 0; begin; select 1; commit;",
            "begin; select 1; commit; begin; select 2; commit;",
            "-- crmctl: no-transaction\nbegin; select 1; commit;",
        ] {
            assert!(test_file("1_a", text).barrier().is_some(), "{text}");
        }
    }
}
