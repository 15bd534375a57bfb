//! Carrying a plan out: one transaction, sent in one flight, committed only when the rows were counted.

use crate::environment::Secret;
use crate::error::{Explain, Kind};
use crate::guard::Approved;
use crate::pg::{Answer, CopySource, Generator, PgError, Session, Writer};
use crate::plan::Progress;
use crate::seed::generate::{Table, chunks};
use crate::seed::observe::wanted_rows;
use crate::seed::plan::{SeedPlan, TableAction, TableStep, UserAction};
use crate::seed::record::{auth_identity, auth_user, sales_person};
use crate::seed::report::SeedReport;
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
    #[error("`{}` took {present} of {wanted} rows, so everything was rolled back", table.name())]
    Swallowed {
        /// Where.
        table: Table,
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
            Self::Server(error) => error.help(),
            Self::Users(error) => error.help(),
            Self::Swallowed { table, .. } => {
                Some(format!("look at the triggers and rules of the table `{}`", table.name()))
            }
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
    progress.phase("seeding", wanted_rows(&plan.model));
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
        // The person last: a trigger of the project's on `auth.users` may have made it.
        let records = [
            auth_user(&step.login, hash, &plan.columns),
            auth_identity(&step.login, &plan.columns),
            sales_person(&step.login, &plan.columns),
        ];
        writer.send(&records.map(|record| record.write()).join("; "))?;
        abouts.push(About::Nothing);
    }
    Ok(())
}

fn send_tables(writer: &mut Writer<'_>, plan: &SeedPlan, abouts: &mut Vec<About>) -> Sent {
    let reference = plan.model.reference.to_string();
    for (index, TableStep { table, action, .. }) in plan.tables.iter().enumerate() {
        let rows = || CopySource::Generated(Generator(Box::new(chunks(&plan.model, *table))));
        match action {
            TableAction::Keep => {}
            TableAction::Fill => {
                writer.send_copy_in(&statements::copy(*table), rows())?;
                abouts.push(About::Filled(index));
            }
            TableAction::Merge => {
                writer.send(&statements::stage(*table))?;
                writer.send_copy_in(&statements::copy_staged(*table), rows())?;
                writer.send(&statements::merge(*table, &reference).join("; "))?;
                abouts.extend([About::Nothing, About::Nothing, About::Merged(index)]);
            }
        }
    }
    // Children first, and only now, when no wanted row refers to an unwanted one any more.
    for (index, step) in plan.tables.iter().enumerate().rev() {
        if step.action == TableAction::Merge {
            writer.send(&statements::remove(step.table, &reference, &plan.references))?;
            abouts.push(About::Removed(index));
        }
    }
    Ok(())
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
    let TableStep { table, wanted, .. } = plan.tables[index];
    let entry = &mut report.tables[index];
    let present = match about {
        About::Nothing => wanted,
        About::Filled(_) => {
            entry.inserted = rows(answer.tags.first());
            entry.inserted
        }
        About::Merged(_) => {
            let updates = if table.is_link() { 3 } else { 4 };
            entry.updated = rows(answer.tags.iter().rev().nth(updates - 1));
            entry.inserted = rows(answer.tags.iter().rev().nth(1));
            entry.kept = wanted.saturating_sub(entry.updated + entry.inserted);
            let count = answer.results.last().and_then(|rows| rows.first()?.text("present")?.parse().ok());
            count.unwrap_or(0)
        }
        About::Removed(_) => {
            entry.removed = rows(answer.tags.first());
            return Ok(());
        }
    };
    progress.advance(wanted, table.name());
    if present == wanted { Ok(()) } else { Err(SeedError::Swallowed { table, present, wanted }) }
}

/// The number at the end of a command tag.
fn rows(tag: Option<&String>) -> u64 {
    tag.and_then(|tag| tag.rsplit(' ').next()?.parse().ok()).unwrap_or(0)
}
