//! The classes of rows, and the statements by which a server says which of them differ. Pure.

use crate::catalog::Column;
use crate::parity::{Relation, hash_of, mixtures, native, written};
use crate::pg::identifier;
use crate::sync::carried::Carried;
use crate::sync::delta::sketch::{CELL_BYTES, PARTS, PRIME};

/// Buckets of a table's first look: at least and at most, as powers of two.
const FEWEST: u32 = 8;
const MOST: u32 = 14;
/// Rows a bucket of a table of medium size has.
const ROWS_OF_BUCKET: u32 = 128;
/// Buckets of all tables together: what one side says is in memory.
const ALL_BUCKETS: usize = 1 << 20;
/// People choose rows by hashes, too (`hashint8(id) % 100 < 5`): with the server's own seed such rows would all be of
/// few buckets, taken for few, and not fit into a sketch.
const SEED: u32 = 0x63_72_6d;
/// Cells of a sketch that come in one row.
const CELLS_OF_PIECE: u32 = 8192;

/// The columns whose values tell rows apart: those of the primary key, if they go along. Empty: all columns do, and
/// the table is a bag.
pub(crate) fn key(carried: &Carried) -> Vec<&Column> {
    let of = |name: &String| carried.columns.iter().find(|column| column.name == *name);
    carried.target.primary_key.iter().map(of).collect::<Option<_>>().unwrap_or_default()
}

/// An expression of type integer for one row of `t`. Rows of equal keys are of one class, whatever else they hold; the
/// few others that are of the same class merely go along with them. A hash that folds is therefore good enough.
fn class(relation: &Relation<'_>, key: &[&Column]) -> String {
    let hash = match key {
        [column] => {
            let value = format!("t.{}", identifier(&column.name));
            match column.data_type.as_str() {
                "bigint" | "integer" | "smallint" => {
                    format!("coalesce(hashint8extended({value}, {SEED}), 0)")
                }
                "uuid" => format!("coalesce(uuid_hash_extended({value}, {SEED}), 0)"),
                _ => seeded(&hash_of([*column].into_iter())),
            }
        }
        [] => seeded(&hash_of(relation.columns.iter().copied())),
        columns => seeded(&hash_of(columns.iter().copied())),
    };
    format!("(({hash} & {PRIME}) % {PRIME})::integer")
}

/// Another hash of a hash, for classes that have nothing to do with it.
fn seeded(hash: &str) -> String {
    format!("hashint8extended({hash}, {SEED})")
}

/// Class and the two mixtures of every row.
fn rows(relation: &Relation<'_>, key: &[&Column]) -> String {
    let [one, two] = mixtures("hash");
    format!(
        "(select class, {one} as one, {two} as two from (select {} as class, {} as hash from {} as t offset 0) as hashed \
         offset 0) as mixed",
        class(relation, key),
        hash_of(relation.columns.iter().copied()),
        relation.from
    )
}

/// The number of rows of a table, its digest, and the digests of buckets of its classes: in one pass. A table of
/// fewer rows has fewer buckets, so that a look costs little; sides that disagree about their number can be compared
/// all the same, since buckets can be added up.
pub(crate) fn look_query(relation: &Relation<'_>, key: &[&Column], tables: usize) -> String {
    let most = (ALL_BUCKETS / tables.max(1)).max(1).ilog2().clamp(FEWEST, MOST);
    format!(
        "with fine as materialized (select class & {} as bucket, count(*) as rows, sum(one) as one, sum(two) as two \
           from {} group by 1), \
         size as (select (1 << least({most}, greatest({FEWEST}, \
           ceil(log(2.0, greatest(sum(rows), 1) / {ROWS_OF_BUCKET}.0))::integer))) - 1 as mask from fine) \
         select coalesce(sum(rows), 0) as rows, {} as digest, coalesce((select mask from size), 0) + 1 as buckets, \
           (select encode(string_agg(int2send(bucket::smallint) || int4send(sum), ''), 'base64') \
            from (select bucket & (select mask from size) as bucket, \
                    mod(mod(sum(one), {PRIME}) + {PRIME}, {PRIME})::integer as sum from fine group by 1) as coarse) as sums \
         from fine",
        (1_u32 << MOST) - 1,
        rows(relation, key),
        written(&["one", "two"]),
    )
}

/// The cells of a sketch of a table, in pieces, and a row with the number of its rows and its digest: in one pass.
pub(crate) fn sketch_query(relation: &Relation<'_>, key: &[&Column], places: u32) -> String {
    let zeros = "0".repeat(2 * CELL_BYTES);
    let sum = |name: &str| format!("int4send(mod({name}, {PRIME})::integer)");
    format!(
        "with cells as materialized (select coalesce(p0, p1, p2) as place, p0 is not null as is_first, count(*) as rows, \
           sum(one) as one, sum(two) as two, sum(hash) as hash, sum(class * hash % {PRIME}) as product, \
           sum(fourth * hash % {PRIME}) as proof \
         from (select one, two, one & {PRIME} as hash, class, square * square % {PRIME} as fourth, \
             class % {places} as p0, square % {places} + {places} as p1, \
             square * class % {PRIME} % {places} + 2 * {places} as p2 \
           from (select one, two, class::bigint as class, class::bigint * class % {PRIME} as square from {} offset 0) \
             as squared offset 0) as placed \
         group by grouping sets ((p0), (p1), (p2))) \
         select null::bigint as first, null as piece, coalesce(sum(rows), 0) as rows, {} as digest from cells where is_first \
         union all select min(place), encode(string_agg(coalesce({} || {} || {}, '\\x{zeros}'), '' order by place), 'base64'), \
           null, null from generate_series(0, {} - 1) as place left join cells using (place) \
         group by place / {CELLS_OF_PIECE}",
        rows(relation, key),
        written(&["one", "two"]),
        sum("hash"),
        sum("product"),
        sum("proof"),
        u64::from(places) * u64::from(PARTS),
    )
}

/// A condition for the rows of `t` that are of one of these classes. A list that is a constant is looked up by hash.
pub(crate) fn of_classes(relation: &Relation<'_>, key: &[&Column], classes: &[u32]) -> String {
    let list: Vec<String> = classes.iter().map(u32::to_string).collect();
    format!("{} = any ('{{{}}}'::integer[])", class(relation, key), list.join(","))
}

/// Whether a row of `t` and one of `other` have the same key. Types that are not PostgreSQL's own have their operators
/// anywhere: their text decides.
pub(crate) fn same_key(key: &[&Column], other: &str) -> String {
    let equal = |column: &&Column| {
        let name = identifier(&column.name);
        if native(column).is_some() {
            format!("{other}.{name} = t.{name}")
        } else {
            format!("row({other}.{name})::text collate \"C\" = row(t.{name})::text collate \"C\"")
        }
    };
    key.iter().map(equal).collect::<Vec<_>>().join(" and ")
}

/// Whether two rows hold the same, for tables without a key.
pub(crate) fn same_row(columns: &[Column], other: &str) -> String {
    let text = |row: &str| {
        let values: Vec<String> =
            columns.iter().map(|column| format!("{row}.{}", identifier(&column.name))).collect();
        format!("row({})::text collate \"C\"", values.join(", "))
    };
    format!("{} = {}", text(other), text("t"))
}
