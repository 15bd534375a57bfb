//! The source: its rows, and then what they come to. It digests them while the target, which has them all by then, builds
//! its indexes: a second connection that did it beside COPY gained nothing (2 GB, both servers on one machine).

use crate::cancel::Cancel;
use crate::parity;
use crate::pg::{Answer, CopySink, PgError, PgResult, Session};
use crate::sync::bulk::format::{self, Format};
use crate::sync::carried::Carried;
use crate::sync::copied::Copied;
use crate::sync::finish::Content;
use crate::sync::pipeline::{digests, users};
use crate::sync::plan::SyncPlan;
use crate::sync::undo;

const MAJOR: &str = "select pg_catalog.current_setting('server_version_num')::int / 10000 as major";

/// The source while it is read.
pub(super) struct Supply<'a> {
    session: &'a mut Session,
    formats: Vec<Format>,
}

impl<'a> Supply<'a> {
    /// Looks at the types.
    pub(super) async fn open(source: &'a mut Session, plan: &SyncPlan) -> PgResult<Self> {
        source.send(MAJOR)?;
        source.send(&format::query(&plan.details.tables))?;
        let facts = source.receive().await?.ok()?.rows();
        let fits = source.receive().await?.ok()?.rows();
        let major = facts.first().and_then(|row| row.text("major"));
        let is_same_major = major == plan.details.server_version.split(['.', ' ']).next();
        let formats = fits
            .iter()
            .map(|row| if is_same_major && row.flag("fits") { Format::Binary } else { Format::Text })
            .collect();
        Ok(Self { session: source, formats })
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
            self.session.send_copy_out(&format.copy_out(&copied.select), sink)?;
        }
        self.session.send(&parity::relations_query(plan.details.tables.iter().map(Carried::there)))?;
        self.session.send(&undo::users_digest(plan))
    }

    /// Reads every answer. When the target has failed, nobody wants the rest.
    pub(super) async fn read(
        &mut self,
        plan: &SyncPlan,
        copies: usize,
        target_failed: &Cancel,
    ) -> PgResult<Content> {
        let reading = async {
            sent(self.session, copies).await?;
            contents(self.session, plan).await
        };
        tokio::select! {
            biased;
            content = reading => content,
            () = target_failed.raised() => Ok(Content::default()),
        }
    }

    /// Lets the snapshot go. Nothing that happens here matters any more.
    pub(super) async fn close(self) {
        let _ = self.session.run("rollback").await;
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
