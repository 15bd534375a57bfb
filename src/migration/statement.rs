//! The splitter: a script cut into statements, in one pass.
//!
//! A statement ends at a `;` outside of quotes, comments, parentheses and `BEGIN ATOMIC ... END` bodies. The
//! spans of all statements together are the text. Comments belong to the statement that follows them, as they
//! do in the history that the Supabase CLI writes.

use std::ops::Range;

use crate::error::Location;
use crate::migration::class::{Class, changes_strings, classify};
use crate::migration::script::{Problem, ScriptError};
use crate::sql::scanner::{Scanner, Token, TokenKind};

/// How many tokens decide what a statement is. No statement that needs telling apart is longer before the
/// words that tell; an `INSERT` of many megabytes is not looked at further.
const DECISIVE: usize = 64;

/// One statement of a script, as ranges of its text in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Everything that belongs to it: white space and comments before it, its `;`, its `COPY` data.
    pub span: Range<usize>,
    /// The statement without surrounding white space and trailing `;`. Comments before it are part of it.
    pub range: Range<usize>,
    /// Where the first thing that is not a comment begins; `None` when there are only comments.
    pub code: Option<usize>,
    /// The data lines of `COPY ... FROM stdin`, without the final `\.` line.
    pub copy_data: Option<Range<usize>>,
    /// What matters about it to who runs it.
    pub class: Class,
    /// Its first words in lower case, such as `create unique index`, for messages.
    pub command: String,
}

impl Statement {
    /// Its text, comments before it included.
    #[must_use]
    pub fn text<'a>(&self, script: &'a str) -> &'a str {
        &script[self.range.clone()]
    }

    /// Its text from the first word on; empty when there are only comments.
    #[must_use]
    pub fn code_text<'a>(&self, script: &'a str) -> &'a str {
        self.code.map_or("", |start| &script[start..self.range.end])
    }

    /// Where it begins, comments before it left out.
    #[must_use]
    pub fn location(&self, file: &str, script: &str) -> Location {
        Location::of_offset(file, script, self.code.unwrap_or(self.range.start))
    }
}

/// Cuts a script into statements. `file` names it in errors.
///
/// `\restrict` and `\unrestrict` lines between statements are skipped: they belong to a span, never to a range.
pub fn split(file: &str, text: &str) -> Result<Vec<Statement>, ScriptError> {
    let mut splitter = Splitter { file, text, scanner: Scanner::new(text), statements: Vec::new(), start: 0 };
    while splitter.scanner.position() < text.len() {
        splitter.statement()?;
    }
    Ok(splitter.statements)
}

struct Splitter<'a> {
    file: &'a str,
    text: &'a str,
    scanner: Scanner<'a>,
    statements: Vec<Statement>,
    /// Where the span of the next statement begins.
    start: usize,
}

/// What is known of the statement being read.
#[derive(Default)]
struct Draft {
    start: usize,
    tokens: Vec<Token>,
    parentheses: usize,
    blocks: usize,
    is_routine: bool,
    reads_stdin: bool,
    previous_word: Range<usize>,
    after_dot: bool,
}

impl Splitter<'_> {
    fn statement(&mut self) -> Result<(), ScriptError> {
        let mut draft = Draft { start: self.scanner.position(), ..Draft::default() };
        while let Some(token) = self.scanner.next() {
            let token = token.map_err(|error| self.error(Problem::Unterminated(error.what), error.offset))?;
            match token.kind {
                TokenKind::Space | TokenKind::Comment => {}
                TokenKind::Backslash => return self.meta_command(&draft, token.range.start),
                TokenKind::Symbol(b';') if draft.parentheses == 0 && draft.blocks == 0 => {
                    return self.finish(&draft, token.range.start, token.range.end);
                }
                TokenKind::Word
                | TokenKind::QuotedName
                | TokenKind::Text
                | TokenKind::Number
                | TokenKind::Symbol(_) => {
                    draft.see(self.text, token);
                }
            }
        }
        self.finish(&draft, self.text.len(), self.text.len())
    }

    fn finish(&mut self, draft: &Draft, body_end: usize, end: usize) -> Result<(), ScriptError> {
        if changes_strings(self.text, &draft.tokens) {
            return Err(self.error(Problem::OtherStrings, draft.tokens[0].range.start));
        }
        if draft.reads_stdin {
            let (data, end) = self.copy_data(draft, end)?;
            self.scanner.jump(end);
            self.push(draft, body_end, end, Some(data));
        } else {
            self.push(draft, body_end, end, None);
        }
        Ok(())
    }

    /// Keeps a statement. White space, lone `;` and skipped lines are not one: they go to the statement before.
    fn push(&mut self, draft: &Draft, body_end: usize, end: usize, copy_data: Option<Range<usize>>) {
        let body = &self.text[draft.start..body_end];
        let trimmed = body.trim();
        if trimmed.is_empty() {
            if let Some(last) = self.statements.last_mut() {
                last.span.end = end;
                self.start = end;
            }
            return;
        }
        let first = draft.start + (body.len() - body.trim_start().len());
        let (class, command) = classify(self.text, &draft.tokens);
        self.statements.push(Statement {
            span: self.start..end,
            range: first..first + trimmed.len(),
            code: draft.tokens.first().map(|token| token.range.start),
            copy_data,
            class,
            command,
        });
        self.start = end;
    }

    /// The data and where the line behind `\.` begins.
    fn copy_data(&self, draft: &Draft, end: usize) -> Result<(Range<usize>, usize), ScriptError> {
        let at = draft.tokens.first().map_or(end, |token| token.range.start);
        let line_end = self.text[end..].find('\n').map(|length| end + length);
        let behind = self.text[end..line_end.unwrap_or(self.text.len())].trim();
        if !behind.is_empty() && !behind.starts_with("--") {
            return Err(self.error(Problem::TextBehindCopy, end));
        }
        let Some(line_end) = line_end else { return Err(self.error(Problem::UnterminatedCopy, at)) };
        let start = line_end + 1;
        let mut line = start;
        while line < self.text.len() {
            let next = self.text[line..].find('\n').map_or(self.text.len(), |length| line + length + 1);
            if matches!(&self.text[line..next], "\\." | "\\.\n" | "\\.\r\n" | "\\.\r") {
                return Ok((start..line, next));
            }
            line = next;
        }
        Err(self.error(Problem::UnterminatedCopy, at))
    }

    /// Skips `\restrict` and `\unrestrict` between statements; everything else of psql is refused.
    fn meta_command(&mut self, draft: &Draft, offset: usize) -> Result<(), ScriptError> {
        let line_end = self.text[offset..].find('\n').map_or(self.text.len(), |length| offset + length + 1);
        let command = self.text[offset..line_end].split_whitespace().next().unwrap_or("\\");
        if !draft.tokens.is_empty() || !matches!(command, "\\restrict" | "\\unrestrict") {
            return Err(self.error(Problem::MetaCommand(command.to_owned()), offset));
        }
        // Comments before it become a statement of their own, so that the line is in no statement's range.
        self.push(draft, offset, line_end, None);
        self.scanner.jump(line_end);
        Ok(())
    }

    fn error(&self, problem: Problem, offset: usize) -> ScriptError {
        ScriptError { problem, at: Location::of_offset(self.file, self.text, offset) }
    }
}

impl Draft {
    fn see(&mut self, text: &str, token: Token) {
        let is_dot = token.kind == TokenKind::Symbol(b'.');
        match token.kind {
            TokenKind::Symbol(b'(') => self.parentheses += 1,
            TokenKind::Symbol(b')') => self.parentheses = self.parentheses.saturating_sub(1),
            TokenKind::Word if !self.after_dot => self.word(text, &token.range),
            TokenKind::Word
            | TokenKind::QuotedName
            | TokenKind::Text
            | TokenKind::Number
            | TokenKind::Symbol(_)
            | TokenKind::Space
            | TokenKind::Comment
            | TokenKind::Backslash => self.previous_word = 0..0,
        }
        self.after_dot = is_dot;
        if self.tokens.len() < DECISIVE {
            self.tokens.push(token);
        }
    }

    fn word(&mut self, text: &str, range: &Range<usize>) {
        let is = |word: &str| text[range.clone()].eq_ignore_ascii_case(word);
        let follows = |word: &str| text[self.previous_word.clone()].eq_ignore_ascii_case(word);
        if self.blocks > 0 {
            // Behind `as` both are names.
            if is("case") && !follows("as") {
                self.blocks += 1;
            } else if is("end") && !follows("as") {
                self.blocks -= 1;
            }
        } else if self.parentheses == 0 {
            let first = self.tokens.first().map_or(0..0, |token| token.range.clone());
            let begins = |word: &str| text[first.clone()].eq_ignore_ascii_case(word);
            self.is_routine |=
                self.tokens.len() < 4 && (is("function") || is("procedure")) && begins("create");
            self.blocks = usize::from(self.is_routine && is("atomic") && follows("begin"));
            // The server takes `from stdout` for the same.
            self.reads_stdin |= (is("stdin") || is("stdout")) && follows("from") && begins("copy");
        }
        self.previous_word = range.clone();
    }
}

/// What the Supabase CLI stores of these statements in `schema_migrations.statements`: each trimmed, without its
/// `;`, comments kept. The data of a `COPY` is left out: it would double the size of every such migration.
#[must_use]
pub fn statements_for_history(text: &str, statements: &[Statement]) -> Vec<String> {
    statements.iter().map(|statement| statement.text(text).to_owned()).collect()
}

#[cfg(test)]
mod tests;
