//! Which rows differ: digests of buckets, then the row hashes of the buckets that differ, then the columns of the
//! first rows. At most three round trips, whatever the number of tables, and a bounded number of rows in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Table;
use crate::parity::observe::flight;
use crate::parity::rows::{self, ColumnDifference, RowDifferences};
use crate::parity::suspect::{Sides, Suspect};
use crate::pg::{PgError, PgResult, Row, Session, TableName};

/// Row hashes that are fetched from one side, over all large tables.
const BUDGET: u64 = 100_000;
/// Rows of a table whose columns are compared.
const DETAILED: usize = 20;
/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// Two sessions, asked at the same time.
pub(crate) struct Pair<'a>(pub(crate) &'a mut Session, pub(crate) &'a mut Session);

impl Pair<'_> {
    async fn ask(&mut self, queries: Vec<Sides<String>>) -> PgResult<Vec<Sides<Vec<Row>>>> {
        let (left, right): (Vec<_>, Vec<_>) =
            queries.into_iter().map(|query| (query.left, query.right)).unzip();
        let (left, right) = tokio::try_join!(flight(self.0, &left), flight(self.1, &right))?;
        Ok(left.into_iter().zip(right).map(|(left, right)| Sides { left, right }).collect())
    }
}

/// Finds the rows that differ in each of the tables.
pub(crate) async fn locate(
    mut pair: Pair<'_>,
    suspects: &[Suspect<'_>],
    show_values: bool,
) -> PgResult<BTreeMap<TableName, RowDifferences>> {
    let chosen = choose(&mut pair, suspects).await?;
    let query = |(suspect, chosen): (&Suspect<'_>, &Chosen)| {
        suspect.tables.map(|table| suspect.row_query(table, chosen.buckets.as_deref()))
    };
    let answers = pair.ask(suspects.iter().zip(&chosen).map(query).collect()).await?;

    let mut found = Vec::new();
    for ((suspect, chosen), rows) in suspects.iter().zip(&chosen).zip(&answers) {
        let mut differences = if suspect.is_keyed {
            rows::by_key(&pairs(&rows.left)?, &pairs(&rows.right)?)
        } else {
            rows::as_bags(&pairs(&rows.left)?, &pairs(&rows.right)?)
        };
        differences.truncated = chosen.truncated;
        if suspect.is_keyed {
            differences.key.clone_from(&suspect.tables.left.primary_key);
        }
        found.push(differences);
    }
    detail(&mut pair, suspects, &mut found, show_values).await?;
    Ok(suspects.iter().map(|suspect| suspect.tables.left.name.clone()).zip(found).collect())
}

fn pairs<V: std::str::FromStr>(rows: &[Row]) -> PgResult<BTreeMap<String, V>> {
    rows.iter().map(|row| Ok((row.get("key")?, row.get("value")?))).collect()
}

/// Which buckets of a table are read. `None`: all of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chosen {
    buckets: Option<Vec<u64>>,
    truncated: bool,
}

async fn choose(pair: &mut Pair<'_>, suspects: &[Suspect<'_>]) -> PgResult<Vec<Chosen>> {
    let is_large = |suspect: &Suspect<'_>| suspect.buckets() > 1;
    let query = |suspect: &Suspect<'_>| suspect.tables.map(|table| suspect.bucket_query(table));
    let queries = suspects.iter().filter(|suspect| is_large(suspect)).map(query).collect();
    let mut answers = pair.ask(queries).await?.into_iter();
    let budget = BUDGET / (answers.len() as u64).max(1);
    let mut chosen = Vec::new();
    for suspect in suspects {
        chosen.push(match if is_large(suspect) { answers.next() } else { None } {
            Some(rows) => dirty(&bucket_map(&rows.left)?, &bucket_map(&rows.right)?, budget),
            None => Chosen::default(),
        });
    }
    Ok(chosen)
}

type Buckets = BTreeMap<u64, (u64, String)>;

fn bucket_map(rows: &[Row]) -> PgResult<Buckets> {
    rows.iter().map(|row| Ok((row.get("bucket")?, (row.get("rows")?, row.get("digest")?)))).collect()
}

/// The buckets that differ, until they hold more rows than may be fetched; always at least one.
fn dirty(left: &Buckets, right: &Buckets, budget: u64) -> Chosen {
    let all: BTreeSet<u64> = left.keys().chain(right.keys()).copied().collect();
    let (mut buckets, mut rows, mut truncated) = (Vec::new(), 0, false);
    for bucket in all.into_iter().filter(|bucket| left.get(bucket) != right.get(bucket)) {
        let count = |side: &Buckets| side.get(&bucket).map_or(0, |(rows, _)| *rows);
        rows += count(left).max(count(right));
        if rows > budget && !buckets.is_empty() {
            truncated = true;
            break;
        }
        buckets.push(bucket);
    }
    Chosen { buckets: Some(buckets), truncated }
}

/// Finds out in which columns the first changed rows differ. Values stay on the servers unless they are to be shown.
async fn detail(
    pair: &mut Pair<'_>,
    suspects: &[Suspect<'_>],
    found: &mut [RowDifferences],
    show_values: bool,
) -> PgResult<()> {
    let (mut queries, mut detailed) = (Vec::new(), Vec::new());
    let changed = suspects.iter().zip(found).filter(|(_, found)| !found.changed.rows.is_empty());
    for (suspect, differences) in changed {
        let keys: Vec<String> =
            differences.changed.rows.iter().take(DETAILED).map(|row| row.text.clone()).collect();
        queries.push(suspect.tables.map(|table| suspect.hash_query(table, &keys)));
        if show_values {
            queries.push(suspect.tables.map(|table| suspect.value_query(table, &keys, SHOWN + 1)));
        }
        detailed.push((suspect, differences));
    }
    let answers = pair.ask(queries).await?;
    for ((suspect, differences), rows) in
        detailed.into_iter().zip(answers.chunks(if show_values { 2 } else { 1 }))
    {
        let left = Details::new(rows.iter().map(|rows| &rows.left));
        let right = Details::new(rows.iter().map(|rows| &rows.right));
        for row in differences.changed.rows.iter_mut().take(DETAILED) {
            row.columns = columns(suspect.tables.left, &left.of(&row.text)?, &right.of(&row.text)?);
        }
    }
    Ok(())
}

/// Hashes and values of rows by key, without the key itself.
struct Details<'a>(Vec<BTreeMap<&'a str, &'a [Option<String>]>>);

impl<'a> Details<'a> {
    fn new(answers: impl Iterator<Item = &'a Vec<Row>>) -> Self {
        let by_key = |rows: &'a Vec<Row>| {
            rows.iter()
                .filter_map(|row| {
                    row.values().split_first().and_then(|(key, rest)| Some((key.as_deref()?, rest)))
                })
                .collect()
        };
        Self(answers.map(by_key).collect())
    }

    /// The hashes, and the values if they were asked for.
    fn of(&self, key: &str) -> PgResult<Vec<&'a [Option<String>]>> {
        let missing =
            || PgError::Protocol(format!("the row {key} was there a moment ago, in the same snapshot"));
        self.0.iter().map(|rows| rows.get(key).copied().ok_or_else(missing)).collect()
    }
}

fn columns(table: &Table, ours: &[&[Option<String>]], theirs: &[&[Option<String>]]) -> Vec<ColumnDifference> {
    let at = |details: &[&[Option<String>]], kind: usize, index: usize| {
        details.get(kind).map(|values| values.get(index).cloned().flatten())
    };
    let differs = |index: &usize| at(ours, 0, *index) != at(theirs, 0, *index);
    let names: Vec<&String> = table.stored_columns().map(|column| &column.name).collect();
    (0..names.len())
        .filter(differs)
        .map(|index| ColumnDifference {
            column: names[index].clone(),
            values: at(ours, 1, index)
                .zip(at(theirs, 1, index))
                .map(|(left, right)| (left.map(cut), right.map(cut))),
        })
        .collect()
}

/// A long value's beginning.
fn cut(value: String) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &value[..end]),
        None => value,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(entries: &[(u64, u64, &str)]) -> Buckets {
        entries.iter().map(|(bucket, rows, digest)| (*bucket, (*rows, (*digest).to_owned()))).collect()
    }

    #[test]
    fn buckets_that_differ_or_are_on_one_side_only_are_read() {
        let chosen = dirty(
            &buckets(&[(0, 5, "a"), (1, 5, "b")]),
            &buckets(&[(0, 5, "a"), (1, 5, "c"), (2, 1, "d")]),
            100,
        );

        assert_eq!(chosen, Chosen { buckets: Some(vec![1, 2]), truncated: false });
    }

    #[test]
    fn so_many_dirty_buckets_that_memory_would_grow_are_cut_and_it_is_said() {
        let left: Buckets = (0..100).map(|bucket| (bucket, (50, "a".to_owned()))).collect();

        let chosen = dirty(&left, &Buckets::new(), 200);
        assert_eq!(chosen, Chosen { buckets: Some(vec![0, 1, 2, 3]), truncated: true });
    }

    #[test]
    fn long_values_are_cut_between_characters() {
        assert_eq!(cut("é".repeat(SHOWN + 5)), format!("{}...", "é".repeat(SHOWN)));
        assert_eq!(cut("short".to_owned()), "short");
    }
}
