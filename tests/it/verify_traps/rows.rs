//! The traps that whole rows and tables hold.

use super::cases::{Case, Needs};

/// Name, what makes the table, what fills it on the left and on the right, whether that is equal.
type Rows = (&'static str, &'static str, &'static str, &'static str, bool);

const ROWS: &[Rows] = &[
    ("order_of_rows", "(a int)", "insert into $ values (1), (2)", "insert into $ values (2), (1)", true),
    (
        "values_swapped_by_two_rows",
        "(id int, a text, b text)",
        "insert into $ values (1, 'x', 'p'), (2, 'y', 'q')",
        "insert into $ values (1, 'x', 'q'), (2, 'y', 'p')",
        false,
    ),
    (
        "values_swapped_by_two_columns",
        "(a text, b text)",
        "insert into $ values ('x', 'y')",
        "insert into $ values ('y', 'x')",
        false,
    ),
    (
        "null_in_another_column",
        "(a text, b text)",
        "insert into $ values (null, 'x')",
        "insert into $ values ('x', null)",
        false,
    ),
    (
        "a_null_more",
        "(a mood, b mood)",
        "insert into $ values (null, null)",
        "insert into $ values ('a', null)",
        false,
    ),
    (
        "border_between_two_texts",
        "(a char(9), b mood, c xid)",
        "insert into $ values ('a,b', null, '1')",
        "insert into $ values ('a', null, '1')",
        false,
    ),
    (
        "another_row_twice",
        "(a text)",
        "insert into $ values ('x'), ('x'), ('y')",
        "insert into $ values ('x'), ('y'), ('y')",
        false,
    ),
    (
        "other_pairs",
        "(a text)",
        "insert into $ values ('x'), ('x')",
        "insert into $ values ('y'), ('y')",
        false,
    ),
    (
        "one_of_two_the_same",
        "(a text)",
        "insert into $ values ('x'), ('x')",
        "insert into $ values ('x')",
        false,
    ),
    ("without_columns", "()", "insert into $ default values", "insert into $ default values", true),
    ("without_columns_and_more", "()", "insert into $ default values", "select", false),
    ("without_rows", "(a int)", "select", "delete from $", true),
    (
        "columns_in_another_order",
        "(a int, b text)",
        "insert into $ values (1, 'x')",
        "drop table $; create table $ (b text, a int); insert into $ values ('x', 1)",
        true,
    ),
    (
        "dropped_column",
        "(gone text, a int)",
        "alter table $ drop column gone; insert into $ values (1)",
        "insert into $ values ('was here', 1); alter table $ drop column gone",
        true,
    ),
    (
        "value_that_a_default_gave_later",
        "(a int)",
        "insert into $ values (1); alter table $ add column b text default 'x'",
        "alter table $ add column b text; insert into $ values (1, 'x')",
        true,
    ),
    (
        "generated_otherwise",
        "(a int)",
        "alter table $ add column b int generated always as (a + 1) stored; insert into $ values (1)",
        "alter table $ add column b int generated always as (a + 2) stored; insert into $ values (1)",
        true,
    ),
    (
        "compressed_or_not",
        "(a text)",
        "alter table $ alter column a set storage external; insert into $ values (repeat('x', 100000))",
        "insert into $ values (repeat('x', 100000))",
        true,
    ),
    (
        "end_of_a_large_value",
        "(a bytea)",
        "insert into $ values (decode(repeat('ab', 50000) || '00', 'hex'))",
        "insert into $ values (decode(repeat('ab', 50000) || '01', 'hex'))",
        false,
    ),
    (
        "partitioned_or_not",
        "(a int, b text)",
        "insert into $ values (1, 'x'), (7, 'y')",
        "drop table $; create table $ (a int, b text) partition by range (a); \
         create table $_low partition of $ for values from (0) to (5); \
         create table $_high partition of $ for values from (5) to (9); insert into $ values (1, 'x'), (7, 'y')",
        true,
    ),
    (
        "partitioned_and_less",
        "(a int, b text)",
        "insert into $ values (1, 'x'), (7, 'y')",
        "drop table $; create table $ (a int, b text) partition by list (a); \
         create table $_rest partition of $ default; insert into $ values (1, 'x'), (7, 'z')",
        false,
    ),
    (
        "row_of_a_child",
        "(a int)",
        "insert into $ values (1)",
        "create table $_child () inherits ($); insert into $_child values (1)",
        false,
    ),
    (
        "unlogged_or_not",
        "(a int)",
        "insert into $ values (1)",
        "alter table $ set unlogged; insert into $ values (1)",
        true,
    ),
    (
        "array_that_held_a_null",
        "(a text[])",
        "insert into $ values ('{a,b}')",
        "insert into $ values ('{NULL,b}'); update $ set a[1] = 'a'",
        true,
    ),
    (
        "names_of_ours",
        "(hash int, key text, value int, t int, row int, bucket int)",
        "insert into $ values (1, 'x', 2, 3, 4, 5)",
        "insert into $ values (1, 'x', 2, 3, 4, 6)",
        false,
    ),
    (
        "hostile_names",
        "(\"a\"\"; drop table x; --\" int, \"{}'\" int, \"Ä b\" mood)",
        "insert into $ values (1, 2, 'a')",
        "insert into $ values (1, 2, 'b')",
        false,
    ),
];

/// All cases of whole rows.
pub(super) fn of_rows() -> Vec<Case> {
    ROWS.iter()
        .map(|(table, columns, left, right, is_equal)| {
            let with = |rows: &str| format!("create table {table} {columns}; {}", rows.replace('$', table));
            Case {
                table: (*table).to_owned(),
                needs: Needs::Nothing,
                left: with(left),
                right: with(right),
                is_equal: *is_equal,
            }
        })
        .collect()
}
