//! `-- crmctl: ...` comments: what the author of a migration tells crmctl, and other tools do not see.
//!
//! One parser for all of them. They are line comments, so nothing inside a string or a function body is one; a word
//! that is none of them is an error, because a typo must not be silent.

use std::ops::Range;
use std::time::Duration;

use crate::error::Location;
use crate::migration::directive_problem::DirectiveProblem;
use crate::migration::script::{Problem, ScriptError};
use crate::migration::statement::Statement;
use crate::migration::version::Version;
use crate::sql::scanner::{Scanner, TokenKind};

/// Every directive there is, as it is written behind `-- crmctl:`.
pub const NAMES: [&str; 9] = [
    "no-transaction",
    "lock-timeout",
    "statement-timeout",
    "requires-version",
    "allow",
    "verify",
    "down",
    "squashed-from",
    "squashed-before",
];

/// What the comments of a file ask of who runs it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directives {
    /// The file must run statement by statement, each for itself.
    pub no_transaction: bool,
    /// How long a statement may wait for a lock, where the default does not fit.
    pub lock_timeout: Option<Duration>,
    /// How long a statement may take.
    pub statement_timeout: Option<Duration>,
    /// The oldest major version of PostgreSQL it runs on.
    pub requires_version: Option<u32>,
    /// The versions of the files it was folded from.
    pub squashed_from: Vec<Version>,
    /// The versions that one of those had been folded from earlier.
    pub squashed_before: Vec<Version>,
}

/// A query that must yield only true once the file has run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifyQuery<'a> {
    /// Its line in the file, from 1.
    pub line: usize,
    /// The query, without its `;`.
    pub query: &'a str,
}

/// The down half inside a migration: the lines behind `-- crmctl:down`, every one of them a comment, so that tools
/// that do not know it run nothing of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DownSection {
    /// The line of the directive, from 1.
    pub line: usize,
    /// The lines behind it as they stand in the file.
    pub commented: String,
}

impl DownSection {
    /// The SQL, with as many empty lines before it as there are lines before the section in the file.
    #[must_use]
    pub fn sql(&self) -> String {
        let lines: Vec<&str> = self.commented.lines().map(|line| &line[marker(line)..]).collect();
        format!("{}{}", "\n".repeat(self.line), lines.join("\n"))
    }

    /// A place in [`Self::sql`] as the place in the file.
    #[must_use]
    pub fn in_file(&self, mut at: Location) -> Location {
        let line = at.line.checked_sub(self.line + 1).and_then(|index| self.commented.lines().nth(index));
        if let Some(line) = line {
            at.column += line[..marker(line)].chars().count();
            line.trim_end().clone_into(&mut at.excerpt);
        }
        at
    }
}

/// How many bytes of a line make it a comment: white space, `--` and one space.
fn marker(line: &str) -> usize {
    let Some(behind) = line.trim_start().strip_prefix("--") else { return 0 };
    line.len() - behind.strip_prefix(' ').unwrap_or(behind).len()
}

/// One directive in a text.
struct Directive<'a> {
    name: &'a str,
    argument: &'a str,
    /// Where the comment begins.
    offset: usize,
}

fn parse(comment: &str, offset: usize) -> Option<Directive<'_>> {
    let text = comment.strip_prefix("--")?.trim().strip_prefix("crmctl:")?.trim_start();
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '-' && letter != '_');
    let (name, argument) = text.split_at(end.unwrap_or(text.len()));
    Some(Directive { name, argument: argument.trim(), offset })
}

fn comments(text: &str, ranges: impl Iterator<Item = Range<usize>>) -> impl Iterator<Item = Range<usize>> {
    ranges
        .flat_map(|range| Scanner::over(text, range).map_while(Result::ok))
        .filter(|token| token.kind == TokenKind::Comment)
        .map(|token| token.range)
}

/// What [`read`] finds.
pub(crate) struct Found {
    pub(crate) directives: Directives,
    /// Where the down section begins, if there is one.
    pub(crate) down: Option<usize>,
}

/// Reads the directives of a file that was cut into statements. `file` names it in errors.
pub(crate) fn read(file: &str, text: &str, statements: &[Statement]) -> Result<Found, ScriptError> {
    let foreign = text.lines().next().is_some_and(|line| line.trim_end() == "-- pg-delta: transaction=false");
    let mut found =
        Found { directives: Directives { no_transaction: foreign, ..Directives::default() }, down: None };
    // Looking at every token once more is only worth it where there may be something to see.
    let is_worth_it = text.contains("crmctl:")
        || statements.iter().any(|statement| {
            statement.code.is_some()
                && text[statement.range.clone()].lines().any(|line| foreign_down(line).is_some())
        });
    if !is_worth_it {
        return Ok(found);
    }
    let refuse = |problem, offset| ScriptError {
        problem: Problem::Directive(problem),
        at: Location::of_offset(file, text, offset),
    };
    let first_code = statements.iter().find_map(|statement| statement.code).unwrap_or(text.len());
    for range in comments(text, statements.iter().map(|statement| statement.range.clone())) {
        let comment = &text[range.clone()];
        // With nothing but comments behind it, nothing would be run.
        let is_followed =
            || statements.iter().any(|statement| statement.code.is_some_and(|code| code > range.end));
        if let Some(marker) = foreign_down(comment).filter(|_| is_followed()) {
            return Err(refuse(DirectiveProblem::ForeignDown(marker), range.start));
        }
        let Some(directive) = parse(comment, range.start) else { continue };
        let offset = directive.offset;
        if directive.name == "down" {
            check_down(text, &directive).map_err(|(problem, offset)| refuse(problem, offset))?;
            found.down = Some(offset);
            break;
        }
        take_in(&mut found.directives, &directive, offset < first_code)
            .map_err(|problem| refuse(problem, offset))?;
    }
    Ok(found)
}

/// Where the down halves of other tools begin.
const FOREIGN_DOWNS: [&str; 5] =
    ["migrate:down", "+goose down", "+migrate down", "rambler down", "down migration"];

/// Other tools keep both halves in one file and cut it. The Supabase CLI does not: it would run the down half too.
fn foreign_down(comment: &str) -> Option<&'static str> {
    let words = comment.trim_start().strip_prefix("--")?.trim_start_matches('-').trim();
    let is = |marker: &str| words.get(..marker.len()).is_some_and(|start| start.eq_ignore_ascii_case(marker));
    let marker = FOREIGN_DOWNS.into_iter().find(|marker| is(marker))?;
    // Of dbmate, goose, sql-migrate and rambler. That of node-pg-migrate is plain English, so it must be all there is.
    (marker != "down migration" || words.len() == marker.len()).then_some(marker)
}

fn take_in(
    directives: &mut Directives,
    directive: &Directive<'_>,
    is_head: bool,
) -> Result<(), DirectiveProblem> {
    let Directive { name, argument, .. } = *directive;
    let wrong = || DirectiveProblem::Argument { name: name.to_owned(), argument: argument.to_owned() };
    if !is_head && !matches!(name, "allow" | "verify") && NAMES.contains(&name) {
        return Err(DirectiveProblem::NotAtHead(name.to_owned()));
    }
    match name {
        "verify" if argument.trim_end_matches(';').is_empty() => return Err(wrong()),
        // What one allows, and whether it says why, is for lint.
        "allow" | "verify" => {}
        "no-transaction" if argument.is_empty() => directives.no_transaction = true,
        "lock-timeout" => directives.lock_timeout = Some(duration(argument).ok_or_else(wrong)?),
        "statement-timeout" => directives.statement_timeout = Some(duration(argument).ok_or_else(wrong)?),
        "requires-version" => directives.requires_version = Some(argument.parse().map_err(|_| wrong())?),
        "squashed-from" => directives.squashed_from.extend(versions(argument).ok_or_else(wrong)?),
        "squashed-before" => directives.squashed_before.extend(versions(argument).ok_or_else(wrong)?),
        "no-transaction" => return Err(wrong()),
        other => return Err(DirectiveProblem::Unknown(other.to_owned())),
    }
    Ok(())
}

fn versions(text: &str) -> Option<Vec<Version>> {
    let versions = text.split([',', ' ']).filter(|version| !version.is_empty());
    versions.map(|version| version.parse().ok()).collect()
}

/// A time with its unit, as PostgreSQL writes it: `500ms`, `5s`, `10min`, `1h`. `0` is no limit.
pub(crate) fn duration(text: &str) -> Option<Duration> {
    let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().ok()?;
    match unit.trim() {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "min" => Some(Duration::from_secs(number.checked_mul(60)?)),
        "h" => Some(Duration::from_secs(number.checked_mul(3600)?)),
        "" if number == 0 => Some(Duration::ZERO),
        _ => None,
    }
}

/// The directive stands on a line of its own, and everything behind it is comments.
fn check_down(text: &str, directive: &Directive<'_>) -> Result<(), (DirectiveProblem, usize)> {
    let line_start = text[..directive.offset].rfind('\n').map_or(0, |newline| newline + 1);
    if !text[line_start..directive.offset].trim().is_empty() || !directive.argument.is_empty() {
        return Err((DirectiveProblem::DownNotAlone, directive.offset));
    }
    let mut offset = directive.offset;
    for line in text[offset..].split_inclusive('\n') {
        let code = line.trim();
        // A lone `;` is what other tools leave behind the comments when they write a file from their history.
        if !code.is_empty() && code != ";" && !code.starts_with("--") {
            let indent = line.len() - line.trim_start().len();
            return Err((DirectiveProblem::DownNotCommented, offset + indent));
        }
        if offset > directive.offset && parse(code, offset).is_some() {
            return Err((DirectiveProblem::BehindDown, offset));
        }
        offset += line.len();
    }
    Ok(())
}

/// The section that begins with the directive at `offset`.
pub(crate) fn section(text: &str, offset: usize) -> DownSection {
    let behind = text[offset..].find('\n').map_or(text.len(), |length| offset + length + 1);
    DownSection { line: text[..offset].matches('\n').count() + 1, commented: text[behind..].to_owned() }
}

/// A piece of a migration without the down section that it may end with.
pub(crate) fn without_down(piece: &str) -> &str {
    if !piece.contains("crmctl:") {
        return piece;
    }
    let whole = std::iter::once(0..piece.len());
    let down = comments(piece, whole)
        .find(|range| parse(&piece[range.clone()], 0).is_some_and(|directive| directive.name == "down"));
    down.map_or(piece, |range| piece[..range.start].trim_end())
}

/// The `-- crmctl:verify <query>` comments of a text.
pub fn verify_queries(text: &str) -> impl Iterator<Item = VerifyQuery<'_>> {
    let statements = crate::migration::statement::split("", text).unwrap_or_default();
    let ranges: Vec<Range<usize>> = statements.into_iter().map(|statement| statement.range).collect();
    let (mut line, mut counted) = (1, 0);
    comments(text, ranges.into_iter()).filter_map(move |range| {
        let directive = parse(&text[range.clone()], range.start)?;
        line += text[counted..range.start].matches('\n').count();
        counted = range.start;
        let query = directive.argument.trim_end_matches(';');
        (directive.name == "verify").then_some(VerifyQuery { line, query })
    })
}

#[cfg(test)]
mod tests;
