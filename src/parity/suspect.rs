//! A table whose rows differ, and the statements that find them. Pure.

use crate::catalog::{Column, Table};
use crate::parity::digest::{column_hash, reference, row_hash, sum};
use crate::parity::rows::ComparedAs;
use crate::parity::share::Share;
use crate::pg::{identifier, text_array};

/// A table of so many rows is read at once, without buckets, where there are few tables.
const SMALL: usize = 2000;
/// Rows a bucket should have.
const BUCKET: u64 = 100;

/// One thing of the left side and one of the right.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<T> {
    pub(crate) left: T,
    pub(crate) right: T,
}

impl<T> Sides<T> {
    pub(crate) fn map<U>(self, mut change: impl FnMut(T) -> U) -> Sides<U> {
        Sides { left: change(self.left), right: change(self.right) }
    }
}

/// A table whose rows differ, with the same columns on both sides.
#[derive(Debug)]
pub(crate) struct Suspect<'a> {
    /// The table on the left and on the right: one may be partitioned and the other not.
    pub(crate) tables: Sides<&'a Table>,
    /// Whether rows are told by the primary key that both sides have.
    pub(crate) compared_as: ComparedAs,
    /// The larger of the two numbers of rows.
    pub(crate) rows: u64,
    /// How much of it may be read.
    pub(crate) share: Share,
}

impl Suspect<'_> {
    pub(crate) fn is_keyed(&self) -> bool {
        self.compared_as == ComparedAs::Keyed
    }

    /// Buckets, a power of two; one means that the table is read at once.
    pub(crate) fn buckets(&self) -> u64 {
        if self.rows <= self.share.rows.min(SMALL) as u64 {
            return 1;
        }
        let most = self.share.buckets.next_power_of_two();
        (self.rows / BUCKET).next_power_of_two().clamp(2, most)
    }

    fn key(&self) -> String {
        let columns = self.tables.left.primary_key.iter().map(|name| format!("t.{}", identifier(name)));
        format!("row({})::text collate \"C\"", columns.collect::<Vec<_>>().join(", "))
    }

    /// Key and hash of every row, and where it is if it has no key.
    fn hashed(&self, table: &Table, with_place: bool) -> String {
        let (hash, from) = (row_hash(table), table.from_clause());
        if self.is_keyed() {
            return format!(
                "(select {} as key, {hash} as hash from {from} as t offset 0) as hashed",
                self.key()
            );
        }
        let place = if with_place {
            ", (t.tableoid::regclass::text || ' ' || t.ctid::text) collate \"C\" as place"
        } else {
            ""
        };
        let passed = if with_place { ", place" } else { "" };
        format!(
            "(select hash::text collate \"C\" as key, hash{passed} from \
             (select {hash} as hash{place} from {from} as t offset 0) as t offset 0) as hashed"
        )
    }

    fn bucket(&self) -> String {
        format!("(hashtextextended(key, 3) & {})", self.buckets() - 1)
    }

    /// Rows and digest of each bucket.
    pub(crate) fn bucket_query(&self, table: &Table) -> String {
        format!(
            "select {} as bucket, count(*) as rows, {} as digest from {} group by 1",
            self.bucket(),
            sum("hash"),
            self.hashed(table, false)
        )
    }

    /// Key and hash of the rows in these buckets, or of all, in the order of their keys and not more than the share.
    pub(crate) fn row_query(&self, table: &Table, buckets: Option<&[u64]>) -> String {
        let condition = buckets.map_or_else(String::new, |buckets| {
            let list: Vec<String> = buckets.iter().map(u64::to_string).collect();
            format!(" where {} = any ('{{{}}}'::bigint[])", self.bucket(), list.join(","))
        });
        let (from, limit) = (self.hashed(table, true), self.share.rows);
        if self.is_keyed() {
            format!("select key, hash as value from {from}{condition} order by key limit {limit}")
        } else {
            format!(
                "select key, count(*) as value, min(place) as place from {from}{condition} \
                 group by key order by key limit {limit}"
            )
        }
    }

    /// For the rows with these keys: the key and the hash of each column.
    pub(crate) fn hash_query(&self, table: &Table, keys: &[String]) -> String {
        self.column_query(table, keys, column_hash)
    }

    /// For the rows with these keys: the key and the first characters of each column. A NULL must not become the
    /// empty text that `format` makes of it.
    pub(crate) fn value_query(&self, table: &Table, keys: &[String], characters: usize) -> String {
        self.column_query(table, keys, |column| {
            let column = reference(column);
            format!(
                "left(case when row({column})::text <> '()' then format('%s', {column}) end, {characters})"
            )
        })
    }

    fn column_query(&self, table: &Table, keys: &[String], form: impl Fn(&Column) -> String) -> String {
        let columns: Vec<String> = table.stored_columns().map(form).collect();
        format!(
            "select {key}, {} from {} as t where {key} = any ({})",
            columns.join(", "),
            table.from_clause(),
            text_array(keys),
            key = self.key()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parity::fixture::table;

    fn suspect(table: &Table, compared_as: ComparedAs, rows: u64) -> Suspect<'_> {
        let tables = Sides { left: table, right: table };
        Suspect { tables, compared_as, rows, share: Share::of(1) }
    }

    #[test]
    fn a_small_table_is_read_at_once_and_a_large_one_in_buckets() {
        let table = table("notes", &[("id", "integer")], &["id"]);

        assert_eq!(suspect(&table, ComparedAs::Keyed, SMALL as u64).buckets(), 1);
        assert_eq!(suspect(&table, ComparedAs::Keyed, 100_000).buckets(), 1024);
        assert_eq!(suspect(&table, ComparedAs::Keyed, u64::MAX / 2).buckets(), Share::of(1).buckets);
    }

    #[test]
    fn one_of_very_many_tables_is_divided_even_when_it_is_small() {
        let table = table("notes", &[("id", "integer")], &["id"]);
        let suspect = Suspect { share: Share::of(5_000), ..suspect(&table, ComparedAs::Keyed, 1_900) };

        assert_eq!(suspect.buckets(), 8);
        assert!(suspect.row_query(&table, Some(&[3])).ends_with(&format!("limit {}", suspect.share.rows)));
    }

    #[test]
    fn a_row_without_a_key_is_known_by_its_hash_and_counted() {
        let table = table("notes", &[("text", "text")], &[]);

        let query = suspect(&table, ComparedAs::BagWithoutKey, 3).row_query(&table, None);
        assert!(
            query.starts_with("select key, count(*) as value, min(place) as place from (select hash::text"),
            "{query}"
        );
        assert!(query.contains("group by key order by key limit"), "{query}");
    }
}
