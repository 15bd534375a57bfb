//! Which rows differ: sketches of both sides, made by the servers, the target's under its lock.

use crate::error::Result;
use crate::parity::TableDigest;
use crate::pg::{Begin, PgError, PgResult, Row, Session, TableName, Writer};
use crate::sync::carried::Carried;
use crate::sync::cause::of_source;
use crate::sync::delta::class::{key, sketch_query};
use crate::sync::delta::error::DeltaError;
use crate::sync::delta::look::Changes;
use crate::sync::delta::sketch::{MOST_PLACES, Sign, Sketch, places};
use crate::sync::locked::{Numbers, SETTINGS};
use crate::sync::plan::SyncPlan;

/// The cells of a sketch are a table of groups in the server's memory.
const MEMORY: &str = "set local work_mem = '64MB'";
/// How much larger a sketch is when one could not be read: rows were changed since the first look.
const LARGER: u32 = 4;

/// A table in which rows differ, and which.
pub(crate) struct Found<'a> {
    pub(crate) carried: &'a Carried,
    /// Their classes.
    pub(crate) classes: Vec<u32>,
    /// What the target held under the lock.
    pub(crate) before: TableDigest,
}

/// Locks the target's tables and finds what differs in those that did. Takes one flight; a second one when too many
/// rows were changed since the first look.
pub(crate) async fn find<'a>(
    source: &mut Session,
    writer: &mut Writer<'_>,
    (begin, numbers): (&Begin, &Numbers),
    plan: &'a SyncPlan,
    changes: &Changes,
) -> Result<Vec<Found<'a>>> {
    writer.begin(begin, SETTINGS)?;
    numbers.send_lock(writer, plan, &lock(plan))?;
    writer.send(MEMORY)?;
    source.send(MEMORY)?;
    let mut wanted: Vec<(&Carried, u32)> = Vec::new();
    for changed in &changes.tables {
        let carried = plan.details.tables.iter().find(|carried| carried.target.name == changed.table);
        let places = changed.differing.map(|rows| rows + rows / 8).and_then(places).unwrap_or(MOST_PLACES);
        wanted.extend(carried.map(|carried| (carried, places)));
    }
    send(source, writer, &wanted)?;
    for _ in 0..4 {
        writer.receive().await?.ok()?;
    }
    source.receive().await?.ok().map_err(of_source)?;
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for (carried, places) in wanted {
        match receive(source, writer, carried, places).await? {
            Some(table) => found.push(table),
            None => unread.push((carried, (places * LARGER).min(MOST_PLACES))),
        }
    }
    send(source, writer, &unread)?;
    for (carried, places) in unread {
        let table = receive(source, writer, carried, places).await?;
        found.push(table.ok_or_else(|| DeltaError::TooMany {
            table: carried.target.name.clone(),
            to: plan.to.clone(),
        })?);
    }
    found.sort_by_key(|found| plan.tables.iter().position(|name| *name == found.carried.target.name));
    Ok(found)
}

/// Nobody writes from here to COMMIT, and everybody reads. `share row exclusive` would keep writers out as well, but
/// lets them lock rows: such a row would be waited for in the midst of the work, by whoever then waits for us.
fn lock(plan: &SyncPlan) -> String {
    let tables: Vec<String> = plan.tables.iter().map(TableName::sql).collect();
    if tables.is_empty() {
        String::new()
    } else {
        format!("lock table {} in exclusive mode", tables.join(", "))
    }
}

fn send(source: &mut Session, writer: &mut Writer<'_>, tables: &[(&Carried, u32)]) -> PgResult<()> {
    for (carried, places) in tables {
        source.send(&sketch_query(&carried.there(), &key(carried), *places))?;
        writer.send(&sketch_query(&carried.here(), &key(carried), *places))?;
    }
    Ok(())
}

/// The classes that differ, unless the sketches cannot be read.
async fn receive<'a>(
    source: &mut Session,
    writer: &mut Writer<'_>,
    carried: &'a Carried,
    places: u32,
) -> Result<Option<Found<'a>>> {
    let (left, right) = tokio::join!(source.receive(), writer.receive());
    let right = right?.ok()?.rows();
    let left = left.and_then(crate::pg::Answer::ok).map_err(of_source)?.rows();
    let mut sketch = Sketch::new(places);
    take_in(&mut sketch, &left, Sign::Plus)?;
    let before = take_in(&mut sketch, &right, Sign::Minus)?;
    Ok(sketch.read().map(|classes| Found { carried, classes, before }))
}

fn take_in(sketch: &mut Sketch, rows: &[Row], sign: Sign) -> PgResult<TableDigest> {
    let wrong = || PgError::Protocol("a table gave no sketch".to_owned());
    let mut digest = None;
    for row in rows {
        match (row.text("piece"), row.text("digest")) {
            (Some(piece), None) if sketch.take_in(row.get("first")?, piece, sign) => {}
            (None, Some(text)) => {
                digest = Some(TableDigest { rows: row.get("rows")?, digest: text.to_owned() });
            }
            (Some(_), _) | (None, None) => return Err(wrong()),
        }
    }
    digest.ok_or_else(wrong)
}
