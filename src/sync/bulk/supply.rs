//! The source: its rows on one connection, what they come to on another one that looks at the same snapshot.

use crate::cancel::Cancel;
use crate::parity;
use crate::pg::{Answer, CopySink, PgError, PgResult, Session, literal};
use crate::sync::bulk::format::{self, Format};
use crate::sync::carried::Carried;
use crate::sync::copied::Copied;
use crate::sync::finish::Content;
use crate::sync::pipeline::{digests, users};
use crate::sync::plan::SyncPlan;
use crate::sync::undo;

/// The snapshot lets a second connection see the same rows.
const FACTS: &str = "select pg_catalog.current_setting('server_version_num')::int / 10000 as major, \
    pg_catalog.pg_export_snapshot() as snapshot";

/// The source while it is read.
pub(super) struct Supply<'a> {
    rows: &'a mut Session,
    second: Option<Session>,
    formats: Vec<Format>,
}

impl<'a> Supply<'a> {
    /// Looks at the types and opens the second connection, if it is to be had.
    pub(super) async fn open(source: &'a mut Session, plan: &SyncPlan) -> PgResult<Self> {
        source.send(FACTS)?;
        source.send(&format::query(&plan.details.tables))?;
        let facts = source.receive().await?.ok()?.rows();
        let fits = source.receive().await?.ok()?.rows();
        let (major, snapshot) = match facts.first() {
            Some(row) => (row.text("major"), row.text("snapshot")),
            None => (None, None),
        };
        let is_same_major = major == plan.details.server_version.split(['.', ' ']).next();
        let formats = fits
            .iter()
            .map(|row| if is_same_major && row.flag("fits") { Format::Binary } else { Format::Text })
            .collect();
        let second = match snapshot {
            Some(snapshot) if plan.selected.is_steady() => second(source, snapshot).await?,
            Some(_) | None => None,
        };
        Ok(Self { rows: source, second, formats })
    }

    /// The formats of the tables, in the plan's order.
    pub(super) fn formats(&self) -> &[Format] {
        &self.formats
    }

    /// Sends everything: first the auth users, which go as text.
    pub(super) fn send(&mut self, plan: &SyncPlan, copies: &[Copied], sinks: Vec<CopySink>) -> PgResult<()> {
        let users = plan.details.auth_columns.len();
        let formats = std::iter::repeat_n(Format::Text, users).chain(self.formats.iter().copied());
        for ((copied, format), sink) in copies.iter().zip(formats).zip(sinks) {
            self.rows.send_copy_out(&format.copy_out(&copied.select), sink)?;
        }
        let digesting = self.second.as_mut().unwrap_or(self.rows);
        digesting.send(&parity::relations_query(plan.details.tables.iter().map(Carried::there)))?;
        digesting.send(&undo::users_digest(plan))
    }

    /// Reads every answer. When the target has failed, nobody wants the rest.
    pub(super) async fn read(
        &mut self,
        plan: &SyncPlan,
        copies: usize,
        target_failed: &Cancel,
    ) -> PgResult<Content> {
        let Self { rows, second, .. } = self;
        let reading = async {
            if let Some(second) = second {
                let (rows, content) = tokio::join!(sent(rows, copies), contents(second, plan));
                return rows.and(content);
            }
            sent(rows, copies).await?;
            contents(rows, plan).await
        };
        tokio::select! {
            biased;
            content = reading => content,
            () = target_failed.raised() => Ok(Content::default()),
        }
    }

    /// Lets the snapshot go. Nothing that happens here matters any more.
    pub(super) async fn close(self) {
        let _ = self.rows.run("rollback").await;
        if let Some(second) = self.second {
            second.close().await;
        }
    }
}

/// A second connection that sees what the first one sees; `None` where no more connections are to be had.
async fn second(source: &Session, snapshot: &str) -> PgResult<Option<Session>> {
    let mut second = match source.another().await {
        Ok(second) => second,
        Err(PgError::Interrupted) => return Err(PgError::Interrupted),
        Err(_) => return Ok(None),
    };
    // Its work is done beside the rows', which it must not hold up.
    let begin = format!(
        "begin transaction isolation level repeatable read read only; set transaction snapshot {}; \
         set local max_parallel_workers_per_gather = 0",
        literal(snapshot)
    );
    match second.run(&begin).await {
        Ok(_) => Ok(Some(second)),
        Err(PgError::Interrupted) => Err(PgError::Interrupted),
        Err(_) => Ok(None),
    }
}

/// Reads all answers even after an error: the target waits for the end of each table.
async fn sent(session: &mut Session, copies: usize) -> PgResult<()> {
    let mut first = None;
    for _ in 0..copies {
        match session.receive().await.and_then(Answer::ok) {
            Ok(_) => {}
            Err(lost @ (PgError::Lost { .. } | PgError::Protocol(_))) => return Err(first.unwrap_or(lost)),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    first.map_or(Ok(()), Err)
}

async fn contents(session: &mut Session, plan: &SyncPlan) -> PgResult<Content> {
    let after = digests(plan.tables.iter(), session.receive().await?)?;
    Ok(Content { after, users: users(session.receive().await?)?, ..Content::default() })
}
