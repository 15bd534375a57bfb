//! Files that cannot run in one transaction with their history row: piece by piece, alone.
//!
//! How far a file came is recorded in the very transaction of each piece, so that nothing is ever done twice and a
//! file that failed is resumed where it stopped. A statement that the server refuses in a transaction is recorded
//! after it, and before it that it begins: a crash in between leaves a doubt that the next run knows of.

use std::time::Instant;

use crate::error::{Failure, Kind, Result};
use crate::migration::file::MigrationFile;
use crate::migration::flight::{explain, in_words, receive_file, rows, send_segments};
use crate::migration::history::{self, Progress as Record};
use crate::migration::history_fault::cannot_write;
use crate::migration::lone;
use crate::migration::pieces::{Piece, commits, is_chained, pieces, settings_before};
use crate::migration::plan::Step;
use crate::migration::report::{MigrationReport, PartlyApplied};
use crate::migration::settings::{CLEAN, patient_settings, settings};
use crate::migration::version::Checksum;
use crate::pg::{Answer, PgError, Row, SqlText, Writer};
use crate::plan::Progress;

/// A file on its way.
pub(crate) struct Run<'run, 'session> {
    pub(crate) writer: &'run mut Writer<'session>,
    pub(crate) file: &'run MigrationFile,
    pub(crate) progress: &'run dyn Progress,
    /// Statements that are done for good.
    done: usize,
    /// The statement that an earlier run was cut off in.
    pub(crate) doubt: Option<usize>,
    /// A transaction is open that the author has begun.
    is_open: bool,
}

/// Runs one such file from its first statement that is not done.
/// When it fails, the report says how far it came.
pub(crate) async fn apply(
    writer: &mut Writer<'_>,
    step: &Step,
    report: &mut MigrationReport,
    progress: &dyn Progress,
) -> Result<()> {
    let file = &*step.file;
    let mut run = Run { writer, file, progress, done: 0, doubt: None, is_open: false };
    let result = match run.find_start(step).await {
        Ok(()) => run.pieces().await,
        Err(failure) => Err(failure),
    };
    let Err(failure) = result else { return Ok(()) };
    // The author's own transaction may be open; a lost connection has rolled back by itself.
    let _ = run.writer.roll_back().await;
    if failure.kind() != Kind::Interrupted {
        // Whoever was interrupted cannot clear up: the doubt remains, and the next run does.
        let _ = run.writer.run(&history::forget_begun(file)).await;
    }
    let done = run.recorded().await.unwrap_or(run.done);
    report.partly = (done > step.first_statement).then(|| PartlyApplied {
        version: file.version.clone(),
        name: file.name.clone(),
        statements_done: done,
        statements: file.statements.len(),
    });
    Err(failure)
}

impl Run<'_, '_> {
    /// Where to go on, as the history says now that nobody else can change it.
    async fn find_start(&mut self, step: &Step) -> Result<()> {
        let create = history::send_create(self.writer)?;
        self.writer.send(&format!("{CLEAN}; {}", patient_settings(self.file)))?;
        self.writer.send(&history::progress_query(self.file))?;
        let mut failure = None;
        let mut last = Answer::default();
        for _ in 0..create + 2 {
            match self.writer.receive().await.and_then(Answer::ok) {
                Ok(answer) => last = answer,
                Err(error @ PgError::Lost { .. }) => return Err(failure.unwrap_or(error).into()),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        if let Some(error) = failure {
            return Err(cannot_write(error));
        }
        let row = last.rows().into_iter().next();
        let recorded = row.as_ref().map(|row| row.get::<usize>("statements_done")).transpose()?;
        let prefix = row.as_ref().and_then(|row| row.text("prefix_checksum"));
        self.done = recorded.unwrap_or(0);
        let is_same = |prefix: &str| Checksum::stored(prefix) == self.file.prefix_checksum(self.done);
        if self.done < step.first_statement || self.done > 0 && !prefix.is_some_and(is_same) {
            return Err(PgError::Stale.into());
        }
        self.doubt = row.as_ref().and_then(|row: &Row| row.text("statement_begun")?.parse().ok());
        Ok(())
    }

    /// What follows is to run with the role and the settings that what is done has left behind, in a session now gone.
    async fn repeat_settings(&mut self) -> Result<()> {
        for index in settings_before(self.file, self.done) {
            self.statement(index).await?;
        }
        Ok(())
    }

    async fn pieces(&mut self) -> Result<()> {
        self.repeat_settings().await?;
        let list = pieces(self.file, self.done);
        if let Some(Piece::Alone(first)) = list.first() {
            self.begins(*first).await?;
        }
        if is_chained(self.file, self.done) {
            self.run_text("begin".into()).await?;
            self.is_open = true;
        }
        for (index, piece) in list.iter().enumerate() {
            if self.writer.is_cancelled() {
                return Err(PgError::Interrupted.into());
            }
            let next = list.get(index + 1);
            self.piece(piece, next).await?;
            self.done = piece.end();
        }
        if list.is_empty() {
            let record = self.record(self.done, None, Some(0));
            self.run_text(record).await?;
        }
        Ok(())
    }

    async fn piece(&mut self, piece: &Piece, next: Option<&Piece>) -> Result<()> {
        let started = Instant::now();
        match piece {
            Piece::Together(range) => {
                let (settings, began) = (settings(self.file, "set local"), history::note_begin(self.file));
                self.writer.send(&format!("begin; {settings}{began}"))?;
                let mut end = self.record(range.end, next, None);
                end.push("; commit");
                self.fly(&self.file.segments_of(range.clone()), end).await
            }
            Piece::Own(range) => {
                let statements = &self.file.statements;
                let code = |index: usize| statements[index].code_text(&self.file.text);
                self.writer.send(code(range.start))?;
                let mut end = self.record(range.end, next, None);
                end.push("; ");
                end.push(code(range.end - 1));
                self.fly(&self.file.segments_of(range.start + 1..range.end - 1), end).await
            }
            Piece::Single(index) => {
                if self.doubt != Some(*index) {
                    match self.single(*index, next).await {
                        Err(failure) if refuses_transactions(&failure) => self.writer.roll_back().await?,
                        other => return other,
                    }
                    self.begins(*index).await?;
                }
                self.alone(*index, next, started).await
            }
            Piece::Alone(index) => self.alone(*index, next, started).await,
            Piece::Loose(index) => self.loose(*index, next, started).await,
        }
    }

    /// A statement with its record in a transaction, with the settings that the author has made.
    async fn single(&mut self, index: usize, next: Option<&Piece>) -> Result<()> {
        self.writer.send(&format!("begin{}", history::note_begin(self.file)))?;
        let mut end = self.record(index + 1, next, None);
        end.push("; commit");
        self.fly(&self.file.segments_of(index..index + 1), end).await
    }

    async fn alone(&mut self, index: usize, next: Option<&Piece>, started: Instant) -> Result<()> {
        lone::run(self, index).await?;
        let record = self.record(index + 1, next, Some(started.elapsed().as_millis()));
        self.run_text(record).await
    }

    /// What commits takes the record along; what ends a transaction otherwise is recorded behind it.
    async fn loose(&mut self, index: usize, next: Option<&Piece>, started: Instant) -> Result<()> {
        let takes_along = self.is_open && commits(self.file, index);
        if takes_along {
            let milliseconds = Some(started.elapsed().as_millis());
            // Nothing may follow a commit that opens another transaction, and yet the file be called whole.
            let record = if next.is_none() && is_chained(self.file, index + 1) {
                let record = Record { done: index + 1, begun: None, milliseconds };
                self.outside_of_roles(history::record_progress(self.file, &record))
            } else {
                self.record(index + 1, next, milliseconds)
            };
            self.run_text(record).await?;
        }
        let status = self.statement(index).await?.status;
        self.is_open = status != b'I';
        match next {
            _ if !self.is_open && !takes_along => {
                let record = self.record(index + 1, next, Some(started.elapsed().as_millis()));
                self.run_text(record).await
            }
            None if self.is_open => Err(left_open(self.file)),
            Some(_) | None => Ok(()),
        }
    }

    /// Records that a statement is begun, which a crash would leave in doubt.
    async fn begins(&mut self, index: usize) -> Result<()> {
        let begun = Record { done: self.done, begun: Some(index), milliseconds: Some(0) };
        self.run_text(self.outside_of_roles(history::record_progress(self.file, &begun))).await
    }

    /// Sends what shares a transaction that was just begun, and takes the answers.
    async fn fly(&mut self, segments: &[crate::migration::file::Segment], end: SqlText) -> Result<()> {
        let messages = send_segments(self.writer, self.file, segments, end)?;
        let begun = self.writer.receive().await;
        let notices = receive_file(self.writer, self.file, &messages, begun).await?;
        for notice in &notices {
            self.progress.notice(notice);
        }
        Ok(())
    }

    /// Runs one statement as it is written.
    pub(crate) async fn statement(&mut self, index: usize) -> Result<Answer> {
        let statement = &self.file.statements[index];
        match &statement.copy_data {
            Some(data) => {
                let data = rows(self.file.bytes().slice(data.clone()));
                self.writer.send_copy_in(statement.text(&self.file.text), data)?;
            }
            None if statement.command.starts_with("discard") => {
                self.writer.send(lone::DISCARD_ALL_BUT_LOCKS)?;
            }
            None => {
                let mut sql = SqlText::default();
                sql.push_shared(self.file.bytes().slice(statement.range.clone()));
                self.writer.send_unread(sql)?;
            }
        }
        let answer = self.writer.receive().await?;
        for notice in &answer.notices {
            self.progress.notice(&in_words(self.file, notice));
        }
        answer.ok().map_err(|error| explain(self.file, statement.range.start, 0, error))
    }

    async fn run_text(&mut self, sql: SqlText) -> Result<()> {
        self.writer.send_text(sql)?;
        self.writer.receive().await?.ok().map(drop).map_err(cannot_write)
    }

    /// What records that so many statements are done: all of them, when nothing follows.
    fn record(&self, done: usize, next: Option<&Piece>, milliseconds: Option<u128>) -> SqlText {
        let begun = match next {
            Some(Piece::Alone(index)) => Some(*index),
            Some(Piece::Together(_) | Piece::Own(_) | Piece::Single(_) | Piece::Loose(_)) | None => None,
        };
        if next.is_some() {
            let record = Record { done, begun, milliseconds };
            return self.outside_of_roles(history::record_progress(self.file, &record));
        }
        let record = Record { done: self.file.statements.len(), begun: None, milliseconds };
        self.outside_of_roles(history::record_complete(self.file, &record))
    }

    /// The author's role may not write the history; it is the author's again behind it.
    fn outside_of_roles(&self, record: impl Into<SqlText>) -> SqlText {
        let mut sql = SqlText::default();
        if self.file.changes_session_user() {
            sql.push("set local session authorization default; ");
        }
        sql.push("set local role to default; ");
        sql.append(record.into());
        sql
    }

    /// How many statements are done for good: a transaction of the author's takes those in it along when it fails.
    /// None when the server cannot be asked any more.
    async fn recorded(&mut self) -> Option<usize> {
        let rows = self.writer.query(&history::progress_query(self.file)).await.ok()?;
        Some(rows.first().and_then(|row| row.get("statements_done").ok()).unwrap_or(0))
    }
}

/// Whether the server does not want the statement in a transaction: it ends them itself, or may not be rolled back.
fn refuses_transactions(failure: &Failure) -> bool {
    matches!(lone::code_of(failure), Some("25001" | "2D000"))
}

fn left_open(file: &MigrationFile) -> Failure {
    let open = anyhow::anyhow!("`{}` leaves a transaction open, so its end was rolled back", file.shown());
    Failure::from(open).with_help("end it with `commit;`")
}
