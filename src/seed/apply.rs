//! Carrying a plan out: one transaction, sent in one flight, committed only when the rows were counted.

use crate::environment::Secret;
use crate::error::{Explain, Kind};
use crate::guard::Approved;
use crate::pg::{Answer, PgError, Session, Writer};
use crate::plan::Progress;
use crate::seed::plan::{SeedPlan, TableAction, TableStep, UserAction};
use crate::seed::record::{Record, auth_identity, auth_user, sales_person};
use crate::seed::report::SeedReport;
use crate::seed::source::{Part, Source};
use crate::seed::statements;
use crate::seed::users::UsersError;

/// Why nothing was seeded. Everything is rolled back in every case.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The server, or the way to it.
    #[error(transparent)]
    Server(#[from] PgError),
    /// The password.
    #[error(transparent)]
    Users(#[from] UsersError),
    /// The rows that arrived are not those that were sent: a trigger or a rule of the project's swallowed some.
    #[error("`{table}` took {present} of {wanted} rows, so everything was rolled back")]
    Swallowed {
        /// Where.
        table: String,
        /// Rows that are there.
        present: u64,
        /// Rows that were to be.
        wanted: u64,
    },
}

impl Explain for SeedError {
    fn kind(&self) -> Kind {
        match self {
            Self::Server(error) => error.kind(),
            Self::Users(error) => error.kind(),
            Self::Swallowed { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Server(error) if error.code() == Some("23505") => Some(
                "a row that was not generated has the same name or code: rename it, or change the word in `seeds/`"
                    .to_owned(),
            ),
            Self::Server(error) if matches!(error.code(), Some("23514" | "23502" | "22001" | "22003")) => Some(
                "a made up value breaks a rule of the table: describe its column in `seeds/seed.toml` so that it fits, \
                 then look at `crmctl seed --dry-run`"
                    .to_owned(),
            ),
            Self::Server(error) => error.help(),
            Self::Users(error) => error.help(),
            Self::Swallowed { table, .. } => {
                Some(format!("look at the triggers and rules of the table `{table}`"))
            }
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Server(error) => error.code(),
            Self::Users(_) | Self::Swallowed { .. } => None,
        }
    }
}

/// What the answer to a message is about.
#[derive(Clone, Copy)]
enum About {
    /// Nothing that is counted.
    Nothing,
    /// Rows copied into a table.
    Filled(usize),
    /// Rows of a table compared with the wanted ones.
    Merged(usize),
    /// Rows of a table that were not wanted.
    Removed(usize),
}

/// Seeds what was approved. Either all of it is there afterwards, or nothing changed.
pub async fn apply(
    session: &mut Session,
    approved: &Approved<SeedPlan>,
    progress: &dyn Progress,
) -> Result<SeedReport, SeedError> {
    let (mut writer, begin) = session.unlock_in_transaction(approved)?;
    writer.begin(&begin, "set local lock_timeout = '10s'")?;
    match fill(&mut writer, approved.plan(), progress).await {
        Ok(report) => {
            writer.commit().await?.tell(progress);
            Ok(report)
        }
        // A lost connection rolls back by itself.
        Err(error @ SeedError::Server(PgError::Lost { .. } | PgError::Protocol(_))) => Err(error),
        Err(error) => {
            writer.roll_back().await?;
            Err(error)
        }
    }
}

/// Seeds inside a transaction that is open, or whose beginning is in flight, and leaves it open. After an error it is failed.
pub async fn fill(
    writer: &mut Writer<'_>,
    plan: &SeedPlan,
    progress: &dyn Progress,
) -> Result<SeedReport, SeedError> {
    let hash = hash(plan)?;
    progress.phase("seeding", plan.tables.iter().map(TableStep::changing_rows).sum());
    let mut abouts = vec![About::Nothing; writer.in_flight()];
    send_users(writer, plan, hash.as_ref(), &mut abouts)?;
    send_tables(writer, plan, &mut abouts)?;
    send_counts(writer, plan, &mut abouts)?;

    let mut report = SeedReport::of(plan);
    let result = receive(writer, plan, &abouts, &mut report, progress).await;
    progress.finish();
    result.map(|()| report)
}

/// One hash for all, because there is one password for all; none when every login has it already.
fn hash(plan: &SeedPlan) -> Result<Option<Secret>, UsersError> {
    let is_needed =
        plan.users.iter().any(|step| matches!(step.action, UserAction::Create | UserAction::SetPassword));
    match &plan.secret {
        Some(password) if is_needed => password.hash().map(Some),
        _ => Ok(None),
    }
}

type Sent = Result<(), PgError>;

fn send_users(
    writer: &mut Writer<'_>,
    plan: &SeedPlan,
    hash: Option<&Secret>,
    abouts: &mut Vec<About>,
) -> Sent {
    for step in &plan.users {
        let hash = match step.action {
            UserAction::Create | UserAction::SetPassword => hash,
            UserAction::Update => None,
            UserAction::Keep => continue,
        };
        let mut records =
            vec![auth_user(&step.login, hash, &plan.columns), auth_identity(&step.login, &plan.columns)];
        if plan.has_crm {
            // The person last: a trigger of the project's on `auth.users` may have made it.
            records.push(sales_person(&step.login, &plan.columns));
        }
        writer.send(&records.iter().map(Record::write).collect::<Vec<_>>().join("; "))?;
        abouts.push(About::Nothing);
    }
    Ok(())
}

fn send_tables(writer: &mut Writer<'_>, plan: &SeedPlan, abouts: &mut Vec<About>) -> Sent {
    let is_deferred = |step: &TableStep| matches!(&step.source, Source::Own(design, _) if design.is_deferred);
    if plan.tables.iter().any(is_deferred) {
        writer.send("set constraints all deferred")?;
        abouts.push(About::Nothing);
    }
    for (index, TableStep { action, source, blocks, .. }) in plan.tables.iter().enumerate() {
        let shape = source.shape();
        let rows = |part| source.copy(blocks.clone(), part);
        match action {
            TableAction::Keep => {}
            TableAction::Fill | TableAction::Grow => {
                writer.send_copy_in(&statements::copy(&shape), rows(Part::Whole))?;
                abouts.push(About::Filled(index));
            }
            TableAction::Merge => {
                writer.send(&statements::stage(&shape, &shape.columns, index))?;
                writer.send_copy_in(&statements::copy_staged(&shape.columns, index), rows(Part::Whole))?;
                writer.send(&statements::merge(&shape, index).join("; "))?;
                abouts.extend([About::Nothing, About::Nothing, About::Merged(index)]);
            }
            TableAction::Shrink => {
                writer.send(&statements::stage(&shape, &shape.key, index))?;
                let keys = Part::Columns(shape.key_places());
                writer.send_copy_in(&statements::copy_staged(&shape.key, index), rows(keys))?;
                abouts.extend([About::Nothing, About::Nothing]);
            }
        }
    }
    // Children first, and only now, when no wanted row refers to an unwanted one any more.
    for (index, step) in plan.tables.iter().enumerate().rev() {
        if matches!(step.action, TableAction::Merge | TableAction::Shrink) {
            let is_wanted = step.action == TableAction::Merge;
            writer.send(&statements::remove(&step.source.shape(), index, is_wanted, &plan.references))?;
            abouts.push(About::Removed(index));
        }
    }
    Ok(())
}

impl TableStep {
    /// Rows that are sent.
    fn changing_rows(&self) -> u64 {
        match self.action {
            TableAction::Keep => 0,
            TableAction::Grow => self.wanted - self.present,
            TableAction::Shrink => self.present.saturating_sub(self.wanted),
            TableAction::Fill | TableAction::Merge => self.wanted,
        }
    }
}

fn send_counts(writer: &mut Writer<'_>, plan: &SeedPlan, abouts: &mut Vec<About>) -> Sent {
    if !plan.writes_counts {
        return Ok(());
    }
    let reference = plan.model.reference.to_string();
    let count = statements::real_count(&reference);
    for login in &plan.logins {
        let counts = plan.what.has_data().then(|| statements::counts(login, &count));
        writer.send(&statements::write_entry(login, counts.as_deref()))?;
        abouts.push(About::Nothing);
    }
    if plan.what.has_data() {
        writer.send(&statements::empty_other_entries(&plan.logins))?;
        abouts.push(About::Nothing);
    }
    Ok(())
}

/// Fetches all answers; the first error among them, or what they say of rows.
async fn receive(
    writer: &mut Writer<'_>,
    plan: &SeedPlan,
    abouts: &[About],
    report: &mut SeedReport,
    progress: &dyn Progress,
) -> Result<(), SeedError> {
    let mut first: Option<SeedError> = None;
    for about in abouts {
        match writer.receive().await.and_then(Answer::ok) {
            Ok(answer) => {
                if let Err(error) = note(*about, &answer, plan, report, progress) {
                    first.get_or_insert(error);
                }
            }
            Err(error @ (PgError::Lost { .. } | PgError::Protocol(_))) => return Err(error.into()),
            Err(error) => {
                first.get_or_insert(error.into());
            }
        }
    }
    first.map_or(Ok(()), Err)
}

fn note(
    about: About,
    answer: &Answer,
    plan: &SeedPlan,
    report: &mut SeedReport,
    progress: &dyn Progress,
) -> Result<(), SeedError> {
    let (About::Filled(index) | About::Merged(index) | About::Removed(index)) = about else { return Ok(()) };
    let step = &plan.tables[index];
    let entry = &mut report.tables[index];
    let (wanted, present) = match about {
        About::Nothing => return Ok(()),
        About::Filled(_) => {
            entry.inserted = rows(answer.tags.first());
            (step.changing_rows(), entry.inserted)
        }
        About::Merged(_) => {
            let updates = if step.source.shape().is_touched { 4 } else { 3 };
            entry.updated = rows(answer.tags.iter().rev().nth(updates - 1));
            entry.inserted = rows(answer.tags.iter().rev().nth(1));
            entry.kept = step.wanted.saturating_sub(entry.updated + entry.inserted);
            let count = answer.results.last().and_then(|rows| rows.first()?.text("present")?.parse().ok());
            (step.wanted, count.unwrap_or(0))
        }
        About::Removed(_) => {
            entry.removed = rows(answer.tags.first());
            return Ok(());
        }
    };
    progress.advance(wanted, &step.table);
    if present == wanted {
        Ok(())
    } else {
        Err(SeedError::Swallowed { table: step.table.clone(), present, wanted })
    }
}

/// The number at the end of a command tag.
fn rows(tag: Option<&String>) -> u64 {
    tag.and_then(|tag| tag.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}
