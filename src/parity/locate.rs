//! Which rows differ: digests of buckets, then the row hashes of the buckets that differ, then the columns of the
//! first rows. At most three round trips, whatever the number of tables, and a bounded number of rows in memory.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Table;
use crate::parity::asking::{Keep, Pair, Question};
use crate::parity::failure::ParityError;
use crate::parity::listed::Listed;
use crate::parity::rows::{self, ColumnDifference, RowDifferences};
use crate::parity::suspect::{Sides, Suspect};
use crate::pg::{PgResult, Row, TableName};

/// Characters of a value that are shown.
const SHOWN: usize = 200;

/// Finds the rows that differ in each of the tables.
pub(crate) async fn locate(
    mut pair: Pair<'_>,
    suspects: &[Suspect<'_>],
    show_values: bool,
) -> Result<BTreeMap<TableName, RowDifferences>, ParityError> {
    let chosen = choose(&mut pair, suspects).await?;
    let question = |(suspect, chosen): (&Suspect<'_>, &Chosen)| {
        let room = || Listed::new(suspect.share.rows, suspect.share.bytes);
        Question {
            table: suspect.tables.left.name.clone(),
            sql: suspect.tables.map(|table| suspect.row_query(table, chosen.buckets.as_deref())),
            keeps: Sides { left: room(), right: room() },
        }
    };
    let answers = pair.ask(suspects.iter().zip(&chosen).map(question).collect()).await?;

    let mut found = Vec::new();
    for ((suspect, chosen), listed) in suspects.iter().zip(&chosen).zip(&answers) {
        let mut differences = if suspect.is_keyed() {
            rows::by_key(&listed.left, &listed.right, suspect.share.named)
        } else {
            rows::as_bags(&listed.left, &listed.right, suspect.share.named)
        };
        differences.truncated |= chosen.truncated;
        differences.compared_as = suspect.compared_as;
        if suspect.is_keyed() {
            differences.key.clone_from(&suspect.tables.left.primary_key);
        }
        found.push(differences);
    }
    drop(answers);
    detail(&mut pair, suspects, &mut found, show_values).await?;
    Ok(suspects.iter().map(|suspect| suspect.tables.left.name.clone()).zip(found).collect())
}

/// Which buckets of a table are read. `None`: all of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Chosen {
    buckets: Option<Vec<u64>>,
    truncated: bool,
}

async fn choose(pair: &mut Pair<'_>, suspects: &[Suspect<'_>]) -> Result<Vec<Chosen>, ParityError> {
    let is_large = |suspect: &&Suspect<'_>| suspect.buckets() > 1;
    let question = |suspect: &Suspect<'_>| Question {
        table: suspect.tables.left.name.clone(),
        sql: suspect.tables.map(|table| suspect.bucket_query(table)),
        keeps: Sides { left: Arriving::default(), right: Arriving::default() },
    };
    let questions = suspects.iter().filter(is_large).map(question).collect();
    let mut answers = pair.ask(questions).await?.into_iter();
    let choice = |suspect: &Suspect<'_>| match if is_large(&suspect) { answers.next() } else { None } {
        Some(sides) => dirty(&sides.left, &sides.right, suspect.share.rows as u64),
        None => Chosen::default(),
    };
    Ok(suspects.iter().map(choice).collect())
}

/// Rows and digest of each bucket.
type Buckets = BTreeMap<u64, (u64, String)>;

/// Buckets while they arrive.
#[derive(Debug, Default)]
struct Arriving {
    rows: Vec<PgResult<(u64, (u64, String))>>,
}

impl Keep for Arriving {
    type Whole = Buckets;

    fn take(&mut self, row: Row) {
        let bucket = || Ok((row.get("bucket")?, (row.get("rows")?, row.get("digest")?)));
        self.rows.push(bucket());
    }

    fn whole(self) -> PgResult<Buckets> {
        self.rows.into_iter().collect()
    }
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
) -> Result<(), ParityError> {
    let (mut questions, mut detailed) = (Vec::new(), Vec::new());
    let changed = suspects.iter().zip(found).filter(|(_, found)| !found.changed.rows.is_empty());
    for (suspect, differences) in changed {
        let first = differences.changed.rows.iter().take(suspect.share.detailed);
        let keys: Vec<String> = first.map(|row| row.text.clone()).collect();
        let question = |sql| Question {
            table: suspect.tables.left.name.clone(),
            sql,
            keeps: Sides { left: Vec::new(), right: Vec::new() },
        };
        questions.push(question(suspect.tables.map(|table| suspect.hash_query(table, &keys))));
        if show_values {
            let values = suspect.tables.map(|table| suspect.value_query(table, &keys, SHOWN + 1));
            questions.push(question(values));
        }
        detailed.push((suspect, differences));
    }
    let answers = pair.ask(questions).await?;
    for ((suspect, differences), rows) in
        detailed.into_iter().zip(answers.chunks(if show_values { 2 } else { 1 }))
    {
        let left = Details::new(rows.iter().map(|rows| &rows.left));
        let right = Details::new(rows.iter().map(|rows| &rows.right));
        for row in differences.changed.rows.iter_mut().take(suspect.share.detailed) {
            let lost = || pair.lost(&suspect.tables.left.name, &row.text);
            let (ours, theirs) = left.of(&row.text).zip(right.of(&row.text)).ok_or_else(lost)?;
            row.columns = columns(suspect.tables.left, &ours, &theirs);
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
    fn of(&self, key: &str) -> Option<Vec<&'a [Option<String>]>> {
        self.0.iter().map(|rows| rows.get(key).copied()).collect()
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
