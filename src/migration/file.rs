//! One migration: its file name taken apart, its text, its statements.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;

use crate::migration::class::Class;
use crate::migration::directive::{self, Directives, DownSection};
use crate::migration::envelope::envelope;
use crate::migration::script::{ScriptError, decode};
use crate::migration::statement::{Statement, split, statements_for_history};
use crate::migration::version::{Checksum, Version};

/// A migration file, read and cut into statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MigrationFile {
    /// The digits its name begins with.
    pub version: Version,
    /// The rest of its name, without `.sql`; may be empty.
    pub name: String,
    /// Its path as the user would name it, for messages.
    pub path: PathBuf,
    /// Its text without byte order mark: what is executed, and what all ranges point into.
    pub text: Arc<String>,
    /// The checksum of its text.
    pub checksum: Checksum,
    /// Its statements, in order.
    pub statements: Vec<Statement>,
    /// What the comments at its head ask for.
    pub directives: Directives,
    /// The commit that was checked out when it was read.
    pub git_commit: Option<String>,
    /// The down half it ends with, which is no part of its text.
    down: Option<DownSection>,
}

/// Keeps a text alive for as long as a part of it is on its way.
struct Owner(Arc<String>);

impl AsRef<[u8]> for Owner {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// Why a file cannot run in a transaction together with its history row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum BarrierReason {
    /// It begins and ends transactions itself.
    TransactionControl,
    /// It holds a statement that the server refuses in a transaction.
    NonTransactional,
    /// A comment at its head asks for it.
    Directive,
}

/// What makes a file a barrier: it runs alone, statement by statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Barrier {
    /// Why.
    pub reason: BarrierReason,
    /// The first statement that makes it one; `None` when a directive does.
    pub statement: Option<usize>,
}

/// A piece of a file that goes to the server in one message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// SQL that may be sent as it stands. A server's error position counts from the start of the range.
    Sql(Range<usize>),
    /// A `COPY ... FROM stdin` and the data for it.
    Copy {
        /// The statement.
        sql: Range<usize>,
        /// The data, as it stands in the file.
        data: Range<usize>,
    },
}

impl MigrationFile {
    /// Takes a file apart. `path` is how messages name it.
    pub fn parse(version: Version, name: String, path: &Path, bytes: Vec<u8>) -> Result<Self, ScriptError> {
        let shown = path.display().to_string();
        let mut text = decode(&shown, bytes)?;
        let mut statements = split(&shown, &text)?;
        let found = directive::read(&shown, &text, &statements)?;
        let down = found.down.map(|offset| directive::section(&text, offset));
        if let Some(offset) = found.down {
            text.truncate(offset);
            statements = split(&shown, &text)?;
        }
        Ok(Self {
            version,
            name,
            path: path.to_owned(),
            checksum: Checksum::of(&text),
            directives: found.directives,
            down,
            statements,
            text: Arc::new(text),
            git_commit: None,
        })
    }

    /// Its path as text, for messages.
    #[must_use]
    pub fn shown(&self) -> String {
        self.path.display().to_string()
    }

    /// The down half it ends with, behind `-- crmctl:down`.
    #[must_use]
    pub fn down_section(&self) -> Option<&DownSection> {
        self.down.as_ref()
    }

    /// Version and name, as the file is called.
    #[must_use]
    pub fn title(&self) -> String {
        format!("{}_{}", self.version, self.name)
    }

    /// Its text as bytes that can be handed on without being copied.
    #[must_use]
    pub(crate) fn bytes(&self) -> Bytes {
        Bytes::from_owner(Owner(Arc::clone(&self.text)))
    }

    /// What makes it a barrier, if anything does.
    #[must_use]
    pub fn barrier(&self) -> Option<Barrier> {
        let first = |class: Class| self.statements.iter().position(|statement| statement.class == class);
        let found = |reason| move |index| Barrier { reason, statement: Some(index) };
        let control = if self.envelope().is_some() { None } else { first(Class::TransactionControl) };
        control
            .map(found(BarrierReason::TransactionControl))
            .or_else(|| first(Class::NonTransactional).map(found(BarrierReason::NonTransactional)))
            .or_else(|| {
                let asked = Barrier { reason: BarrierReason::Directive, statement: None };
                self.directives.no_transaction.then_some(asked)
            })
    }

    fn envelope(&self) -> Option<(usize, usize)> {
        let found = || envelope(&self.text, &self.statements);
        if self.directives.no_transaction { None } else { found() }
    }

    /// Whether it goes on as somebody else than who is logged in, which only a superuser can.
    #[must_use]
    pub(crate) fn changes_session_user(&self) -> bool {
        let mut leaking = self.statements.iter().filter(|statement| statement.class == Class::LeakingSet);
        leaking
            .any(|statement| statement.code_text(&self.text).to_ascii_lowercase().contains("authorization"))
    }

    /// Its statements as the history stores them.
    #[must_use]
    pub fn statements_for_history(&self) -> Vec<String> {
        statements_for_history(&self.text, &self.statements)
    }

    /// The checksum of its first `count` statements: what must not change when a failed file is resumed.
    #[must_use]
    pub fn prefix_checksum(&self, count: usize) -> Checksum {
        let end =
            count.min(self.statements.len()).checked_sub(1).map_or(0, |last| self.statements[last].span.end);
        Checksum::of(&self.text[..end])
    }

    /// The file as messages to the server: as few as possible, cut only at `COPY` data and at skipped lines. A
    /// `begin` and a `commit` around everything are left out.
    #[must_use]
    pub fn segments(&self) -> Vec<Segment> {
        self.segments_of(match self.envelope() {
            Some((begin, commit)) => begin + 1..commit,
            None => 0..self.statements.len(),
        })
    }

    /// The same for some of its statements.
    pub(crate) fn segments_of(&self, statements: Range<usize>) -> Vec<Segment> {
        let mut segments: Vec<Segment> = Vec::new();
        for statement in &self.statements[statements] {
            let range = statement.range.clone();
            if let Some(data) = statement.copy_data.clone() {
                segments.push(Segment::Copy { sql: range, data });
                continue;
            }
            match segments.last_mut() {
                // Between two statements stand only `;`, white space, and the lines that are skipped.
                Some(Segment::Sql(last)) if !self.text[last.end..range.start].contains('\\') => {
                    last.end = range.end;
                }
                Some(Segment::Sql(_) | Segment::Copy { .. }) | None => segments.push(Segment::Sql(range)),
            }
        }
        segments
    }
}

#[cfg(test)]
pub(crate) fn test_file(title: &str, text: &str) -> MigrationFile {
    let (version, name) = title.split_once('_').expect("a title is <version>_<name>");
    let path = PathBuf::from(format!("migrations/{title}.sql"));
    MigrationFile::parse(Version::stored(version), name.to_owned(), &path, text.as_bytes().to_vec())
        .expect("the text is whole")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_file_is_no_barrier_and_one_segment() {
        let file = test_file("1_a", "-- c\nselect 1;\nselect 2;\n");

        assert_eq!(file.barrier(), None);
        assert_eq!(file.segments(), [Segment::Sql(0..23)]);
        assert_eq!(&file.text[..23], "-- c\nselect 1;\nselect 2");
    }

    #[test]
    fn a_file_with_a_statement_of_its_own_kind_is_a_barrier_at_that_statement() {
        let file = test_file("1_a", "select 1; create index concurrently i on t (a);");
        let barrier = file.barrier().expect("it is one");

        assert_eq!(barrier, Barrier { reason: BarrierReason::NonTransactional, statement: Some(1) });
    }

    #[test]
    fn a_directive_makes_a_barrier() {
        let file = test_file("1_a", "-- crmctl: no-transaction\nselect 1");
        assert_eq!(file.barrier().expect("it is one").reason, BarrierReason::Directive);
    }

    #[test]
    fn segments_are_cut_at_copy_data_and_at_skipped_lines() {
        let text =
            "\\restrict a\nselect 1;\ncopy t from stdin;\n1\n\\.\nselect 2;\n\\unrestrict a\nselect 3;";
        let file = test_file("1_a", text);

        let sql = |segment: &Segment| match segment {
            Segment::Sql(range) => text[range.clone()].to_owned(),
            Segment::Copy { sql, data } => format!("{} <- {:?}", &text[sql.clone()], &text[data.clone()]),
        };
        let segments: Vec<String> = file.segments().iter().map(sql).collect();
        assert_eq!(segments, ["select 1", "copy t from stdin <- \"1\\n\"", "select 2", "select 3"]);
    }

    #[test]
    fn the_checksum_of_a_prefix_does_not_see_what_follows() {
        let before = test_file("1_a", "select 1; select oops;");
        let after = test_file("1_a", "select 1; select 2;");

        assert_eq!(before.prefix_checksum(1), after.prefix_checksum(1));
        assert_ne!(before.prefix_checksum(2), after.prefix_checksum(2));
        assert_eq!(before.prefix_checksum(0), Checksum::of(""));
    }
}
