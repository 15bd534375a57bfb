//! What the rows say: the answers to [`RowCheck`]s, as checks. Pure.

use std::time::Duration;

use crate::pg::{Answer, LOCK_NOT_AVAILABLE, Row, ServerError};
use crate::ui::{duration, plural, thousands};
use crate::validate::check::{Check, Rule, Verdict};
use crate::validate::config::SqlSource;
use crate::validate::rows::{FETCHED, Meaning, RowCheck};

/// What came of a check; `budget` is how long it was allowed to take.
pub(super) fn answered(
    asked: RowCheck,
    answers: Vec<Answer>,
    took: Duration,
    budget: Duration,
) -> Vec<Check> {
    let RowCheck { rule, subject, location, meaning, .. } = asked;
    let rollback = "25P02";
    let error =
        answers.iter().filter_map(|answer| answer.error.as_ref()).find(|error| error.code != rollback);
    let mut checks = match error {
        Some(error) => vec![failed(rule, &subject, error, (&meaning, budget))],
        None => understood(rule, &subject, &meaning, answers),
    };
    for check in &mut checks {
        check.duration_ms = u64::try_from(took.as_millis()).ok();
        if check.location.is_none() {
            check.location.clone_from(&location);
        }
    }
    checks
}

/// A check that could not be made is no check that was passed.
fn failed(rule: Rule, subject: &str, error: &ServerError, (meaning, budget): (&Meaning, Duration)) -> Check {
    if error.code == "57014" {
        let message = format!("not checked: `{subject}` took longer than {}", duration(budget));
        return Check::warning(rule, subject, message)
            .help("raise `timeout` in validate.toml, or look when less is going on");
    }
    if error.code == LOCK_NOT_AVAILABLE {
        let message = format!("not checked: somebody has locked what `{subject}` is about");
        return Check::warning(rule, subject, message)
            .help("see who with `select * from pg_locks where granted and mode = 'AccessExclusiveLock'`");
    }
    let message = format!("`{subject}` cannot be checked: {}", error.message);
    match meaning {
        Meaning::Rule { source, prefix, .. } | Meaning::Budget { source, prefix, .. } => {
            Check::error(rule, subject, message).at(Some(&place(source, *prefix, error)))
        }
        // An extra where it is loaded and may be read; nothing depends on it.
        Meaning::Statements => {
            Check::ok(rule, subject, format!("`pg_stat_statements` tells nothing: {}", error.message))
        }
        Meaning::Broken { .. } | Meaning::Sequence { .. } | Meaning::Limits { .. } => {
            Check::error(rule, subject, message)
        }
    }
}

/// The place of an error in the SQL of the file. The server counts characters from the start of its message.
fn place(source: &SqlSource, prefix: usize, error: &ServerError) -> crate::error::Location {
    let characters = error.position.and_then(|position| position.checked_sub(1 + prefix)).unwrap_or(0);
    let rest = source.text.get(source.offset..).unwrap_or_default();
    let offset = rest.char_indices().nth(characters).map_or(0, |(offset, _)| offset);
    source.locate(offset)
}

fn understood(rule: Rule, subject: &str, meaning: &Meaning, answers: Vec<Answer>) -> Vec<Check> {
    let rows: Vec<Vec<Row>> = answers.into_iter().map(Answer::rows).collect();
    let first = rows.iter().flatten().next();
    let found = first.and_then(|row| row.get::<u64>("found").ok()).unwrap_or(0);
    vec![match meaning {
        Meaning::Broken { broken, broken_as, fine, fine_as, help } => {
            let (verdict, message) = if found > 0 {
                (*broken_as, broken.replace("{rows}", &plural(found, "row")))
            } else {
                (*fine_as, fine.clone())
            };
            let mut check = Check::new(rule, verdict, subject, message).count(found);
            let examples = first.and_then(|row| row.text("examples"));
            check.examples = examples.and_then(|json| serde_json::from_str(json).ok()).unwrap_or_default();
            check.help = help.clone().filter(|_| verdict != Verdict::Ok);
            check
        }
        Meaning::Sequence { help } => sequence(subject, first, help),
        Meaning::Limits { min, max } => limits(subject, found, *min, *max),
        Meaning::Rule { severity, message, .. } => row_rule(subject, &rows, *severity, message.as_deref()),
        Meaning::Budget { budget, .. } => measured(subject, &rows, *budget),
        Meaning::Statements => return statements(subject, rows.into_iter().flatten()),
    }]
}

fn sequence(subject: &str, row: Option<&Row>, help: &str) -> Check {
    let text = |column: &str| row.and_then(|row| row.text(column)).unwrap_or("nothing").to_owned();
    let (greatest, last) = (text("greatest"), text("last"));
    if row.is_some_and(|row| row.flag("is_behind")) {
        let message = format!(
            "the sequence of `{subject}` stands at {last} and its rows at {greatest}: the next insert fails"
        );
        Check::error(Rule::Sequence, subject, message).help(help)
    } else {
        Check::ok(Rule::Sequence, subject, format!("the sequence of `{subject}` stands at {last}"))
    }
}

fn limits(subject: &str, found: u64, min: Option<u64>, max: Option<u64>) -> Check {
    let rows = plural(found, "row");
    let problem = match (min, max) {
        (Some(min), _) if found < min => Some(format!("at least {} are required", thousands(min))),
        (_, Some(max)) if found > max => Some(format!("at most {} are allowed", thousands(max))),
        _ => None,
    };
    match problem {
        Some(problem) => Check::error(Rule::RowCount, subject, format!("`{subject}` has {rows}, {problem}")),
        None => Check::ok(Rule::RowCount, subject, format!("`{subject}` has {rows}")),
    }
    .count(found)
}

/// No rows, or a single `count` of none: a query of `select count(*)` means the number it gives.
fn row_rule(subject: &str, rows: &[Vec<Row>], severity: Verdict, message: Option<&str>) -> Check {
    let rows: Vec<&Row> = rows.iter().flatten().collect();
    let counted = match rows[..] {
        [row] if row.columns() == ["count"] => row.get::<u64>("count").ok(),
        _ => None,
    };
    let found = counted.unwrap_or(rows.len() as u64);
    if found == 0 {
        return Check::ok(Rule::RowRule, subject, format!("`{subject}` holds")).count(0);
    }
    let more = if counted.is_none() && found >= FETCHED { " or more" } else { "" };
    let why = message.map(|message| format!(": {message}")).unwrap_or_default();
    let message = format!("`{subject}` does not hold for {}{more}{why}", plural(found, "row"));
    Check::new(Rule::RowRule, severity, subject, message).count(found)
}

fn measured(subject: &str, rows: &[Vec<Row>], budget: Duration) -> Check {
    let mut times: Vec<Duration> = rows.iter().filter_map(|rows| time_of(rows)).collect();
    times.sort_unstable();
    let Some(median) = times.get(times.len() / 2).copied() else {
        return Check::error(
            Rule::QueryBudget,
            subject,
            format!("`{subject}` cannot be measured: the server gave no time"),
        );
    };
    let (took, allowed) = (duration(median), duration(budget));
    if median > budget {
        Check::warning(
            Rule::QueryBudget,
            subject,
            format!("`{subject}` takes {took}, its budget is {allowed}"),
        )
        .help("look at its plan with `explain (analyze, buffers)`")
    } else {
        Check::ok(Rule::QueryBudget, subject, format!("`{subject}` takes {took} of {allowed}"))
    }
}

/// Planning and execution, from the plan.
fn time_of(rows: &[Row]) -> Option<Duration> {
    let text = rows.first()?.values().first()?.as_deref()?;
    let plan: serde_json::Value = serde_json::from_str(text).ok()?;
    let part = |name: &str| plan.get(0)?.get(name)?.as_f64();
    Some(Duration::from_secs_f64((part("Planning Time")? + part("Execution Time")?).max(0.0) / 1000.0))
}

fn statements(subject: &str, rows: impl Iterator<Item = Row>) -> Vec<Check> {
    let mut checks: Vec<Check> = rows
        .map(|row| {
            let number = |column: &str| row.get::<u64>(column).unwrap_or(0);
            let mean = duration(Duration::from_millis(number("mean")));
            let text = row.text("text").unwrap_or_default();
            let message = format!("{mean} on average in {}: {text}", plural(number("calls"), "call"));
            Check::warning(Rule::SlowStatement, subject, message)
                .help("look at its plan with `explain (analyze, buffers)`")
        })
        .collect();
    if checks.is_empty() {
        checks.push(Check::ok(Rule::SlowStatement, subject, "no statement is slow on average"));
    }
    checks
}
