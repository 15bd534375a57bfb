//! Checks that read rows: what is asked, put together from catalog and `validate.toml`. Pure.

use crate::error::Location;
use crate::pg::{TableName, identifier, literal};
use crate::ui::duration;
use crate::validate::check::{Rule, Verdict};
use crate::validate::config::{RowRule, SqlSource, TimedQuery, ValidateConfig};
use crate::validate::facts::{Constraint, ConstraintRule, Facts};
use crate::validate::full_name;

/// Values shown of rows that break a rule.
const EXAMPLES: usize = 5;

/// Rows fetched for a rule in SQL, which may find any number.
pub(super) const FETCHED: u64 = 1000;

/// How often a query is measured: the middle one counts, so that neither a cold nor a lucky run does.
const RUNS: usize = 3;

/// One check and the messages that ask for it. Each message fails alone.
#[derive(Debug, Clone)]
pub(super) struct RowCheck {
    pub(super) rule: Rule,
    pub(super) subject: String,
    pub(super) location: Option<Location>,
    pub(super) messages: Vec<String>,
    pub(super) meaning: Meaning,
}

/// What the answers mean.
#[derive(Debug, Clone)]
pub(super) enum Meaning {
    /// `found` rows break it; `{rows}` stands for them in the text.
    Broken { broken: String, broken_as: Verdict, fine: String, fine_as: Verdict, help: Option<String> },
    /// `greatest` number in use, `last` number given.
    Sequence { help: String },
    /// `found` rows, within limits.
    Limits { min: Option<u64>, max: Option<u64> },
    /// The rows of the query itself.
    Rule { severity: Verdict, message: Option<String>, source: SqlSource, prefix: usize },
    /// Plans with times.
    Budget { budget: std::time::Duration, source: SqlSource, prefix: usize },
    /// Statements over the budget, as `pg_stat_statements` knows them.
    Statements,
}

/// What the user asked for beside the file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Depth {
    /// Whether rows are read for constraints the server vouches for: loads with triggers switched off pass them by.
    pub every_row: bool,
    /// Whether values of rows may be shown.
    pub show_values: bool,
}

/// Everything that is asked of rows.
pub(super) fn row_checks(facts: &Facts, config: &ValidateConfig, depth: Depth) -> Vec<RowCheck> {
    let mut checks: Vec<RowCheck> =
        facts.constraints.iter().filter_map(|constraint| of_constraint(constraint, depth)).collect();
    checks
        .extend(config.references.iter().map(|placed| of_reference(&placed.value, &placed.location, depth)));
    checks.extend(config.unique.iter().map(|placed| of_key(&placed.value, &placed.location, depth)));
    checks.extend(facts.sequences.iter().map(of_sequence));
    checks.extend(config.counts.iter().map(|placed| {
        let limits = &placed.value;
        RowCheck {
            rule: Rule::RowCount,
            subject: full_name(&limits.table),
            location: Some(placed.location.clone()),
            messages: vec![format!("select count(*) as found from {}", limits.table.sql())],
            meaning: Meaning::Limits { min: limits.min, max: limits.max },
        }
    }));
    checks.extend(config.rules.iter().map(of_rule));
    checks.extend(config.queries.iter().map(of_query));
    checks.extend(facts.health.statements_schema.as_ref().map(|schema| of_statements(schema, config)));
    checks.iter_mut().for_each(enclose);
    checks
}

/// What is read may call functions of the database: views and conditions do. Whatever those set ends with the check,
/// and they cannot make a session that reads one that writes.
fn enclose(check: &mut RowCheck) {
    if check.messages.first().is_some_and(|message| message != BEGIN) {
        check.messages.insert(0, BEGIN.to_owned());
        check.messages.push(END.to_owned());
    }
}

/// `count(*) as found`, with examples of `shown` only when values may be shown.
fn found(shown: &str, depth: Depth) -> String {
    if depth.show_values {
        format!("count(*) as found, to_json((array_agg(concat_ws(', ', {shown})))[1:{EXAMPLES}]) as examples")
    } else {
        "count(*) as found".to_owned()
    }
}

/// A plain table has children that its constraints do not speak for; a partitioned one has nothing but them.
fn only(constraint: &Constraint) -> &'static str {
    if constraint.kind == "p" { "" } else { "only " }
}

fn of_constraint(constraint: &Constraint, depth: Depth) -> Option<RowCheck> {
    let Constraint { table, name, is_validated, rule, .. } = constraint;
    let subject = format!("{} {name}", full_name(table));
    let validate = format!("`alter table {} validate constraint {}`", table.sql(), identifier(name));
    let unproved = |what: &str| {
        (Verdict::Warning, format!("{what} `{name}` was never validated, though all rows keep it"))
    };
    let child = format!("{}{}", only(constraint), table.sql());
    let (rule, query, broken, (fine_as, fine), help) = match rule {
        ConstraintRule::ForeignKey { parent, is_set, is_met, shown, is_disabled } => {
            let fine = match (is_disabled, is_validated) {
                (true, _) => {
                    let message =
                        format!("the triggers of foreign key `{name}` are switched off: it protects nothing");
                    (Verdict::Warning, message)
                }
                (false, false) => unproved("foreign key"),
                (false, true) if depth.every_row => {
                    (Verdict::Ok, format!("every row keeps foreign key `{name}`"))
                }
                // The server vouches for it.
                (false, true) => return None,
            };
            let query = format!(
                "select {} from {child} as c where {is_set} and not exists (select from {} as p where {is_met})",
                found(shown, depth),
                parent.sql()
            );
            let broken =
                format!("{{rows}} of `{}` refer to nothing in `{}`", full_name(table), full_name(parent));
            let help = if *is_disabled {
                format!("`alter table {} enable trigger all`", table.sql())
            } else {
                validate
            };
            (Rule::ForeignKey, query, broken, fine, help)
        }
        ConstraintRule::Condition(condition) => {
            let query = format!(
                "select count(*) as found from {child} as {} where not ({condition})",
                identifier(&table.name)
            );
            let broken = format!("{{rows}} of `{}` break constraint `{name}`", full_name(table));
            (Rule::Constraint, query, broken, unproved("constraint"), validate)
        }
    };
    let meaning = Meaning::Broken { broken, broken_as: Verdict::Error, fine, fine_as, help: Some(help) };
    Some(RowCheck { rule, subject, location: None, messages: vec![query], meaning })
}

fn of_reference(
    reference: &crate::validate::config::Reference,
    location: &Location,
    depth: Depth,
) -> RowCheck {
    let ((table, column), (parent, key)) = (&reference.from, &reference.to);
    let name = |table: &TableName, column: &str| format!("{}.{column}", full_name(table));
    let (from, to) = (name(table, column), name(parent, key));
    let (c, p) = (format!("c.{}", identifier(column)), format!("p.{}", identifier(key)));
    let query = format!(
        "select {} from {} as c where {c} is not null and not exists (select from {} as p where {p} = {c})",
        found(&c, depth),
        table.sql(),
        parent.sql()
    );
    RowCheck {
        rule: Rule::Reference,
        subject: format!("{from} -> {to}"),
        location: Some(location.clone()),
        messages: vec![query],
        meaning: Meaning::Broken {
            broken: format!("{{rows}} whose `{from}` is no `{to}`"),
            broken_as: Verdict::Error,
            fine: format!("every `{from}` is a `{to}`"),
            fine_as: Verdict::Ok,
            help: None,
        },
    }
}

fn of_key(key: &crate::validate::config::UniqueKey, location: &Location, depth: Depth) -> RowCheck {
    let columns: Vec<String> = key.columns.iter().map(|column| identifier(column)).collect();
    let list = columns.join(", ");
    let is_set: Vec<String> = columns.iter().map(|column| format!("{column} is not null")).collect();
    let subject = format!("{} ({})", full_name(&key.table), key.columns.join(", "));
    let query = format!(
        "select {} from (select {list} from {} where {} group by {list} having count(*) > 1) as d",
        found(&list, depth),
        key.table.sql(),
        is_set.join(" and ")
    );
    RowCheck {
        rule: Rule::Unique,
        location: Some(location.clone()),
        messages: vec![query],
        meaning: Meaning::Broken {
            broken: format!("{{rows}} of values in `{subject}` that are there more than once"),
            broken_as: Verdict::Error,
            fine: format!("no value of `{subject}` is there twice"),
            fine_as: Verdict::Ok,
            help: None,
        },
        subject,
    }
}

/// After a load the numbers are in the rows and the sequence has not moved.
fn of_sequence(used: &crate::validate::facts::SequenceUse) -> RowCheck {
    let (column, sequence) = (identifier(&used.column), used.sequence.sql());
    let extreme = if used.is_rising { "max" } else { "min" };
    let is_behind = if used.is_rising { ">" } else { "<" };
    let query = format!(
        "select t.greatest, s.last, case when s.is_called then t.greatest {is_behind} s.last \
           else t.greatest = s.last or t.greatest {is_behind} s.last end as is_behind \
         from (select {extreme}({column}) as greatest from {}) as t, \
           (select last_value as last, is_called from {sequence}) as s",
        used.table.sql()
    );
    RowCheck {
        rule: Rule::Sequence,
        subject: format!("{}.{}", full_name(&used.table), used.column),
        location: None,
        messages: vec![query],
        meaning: Meaning::Sequence {
            help: format!(
                "`select setval({}, (select {extreme}({column}) from {}))`",
                literal(&sequence),
                used.table.sql()
            ),
        },
    }
}

/// Within a transaction of its own, which is read-only and ends with the check.
const BEGIN: &str = "begin read only";
const END: &str = "rollback";

/// A cursor takes nothing but a query, and is not read further than need be.
fn of_rule(rule: &RowRule) -> RowCheck {
    let declare = "declare crmctl_rule no scroll cursor for ";
    RowCheck {
        rule: Rule::RowRule,
        subject: rule.name.clone(),
        location: Some(rule.source.locate(0)),
        messages: vec![
            BEGIN.to_owned(),
            format!("{declare}{}", rule.sql),
            format!("fetch {FETCHED} from crmctl_rule"),
            END.to_owned(),
        ],
        meaning: Meaning::Rule {
            severity: rule.severity,
            message: rule.message.clone(),
            source: rule.source.clone(),
            prefix: declare.len(),
        },
    }
}

fn of_query(query: &TimedQuery) -> RowCheck {
    let explain = "explain (analyze, timing off, summary on, format json) ";
    let measured = std::iter::repeat_n(format!("{explain}{}", query.sql), RUNS);
    RowCheck {
        rule: Rule::QueryBudget,
        subject: query.name.clone(),
        location: Some(query.source.locate(0)),
        messages: std::iter::once(BEGIN.to_owned()).chain(measured).chain([END.to_owned()]).collect(),
        meaning: Meaning::Budget {
            budget: query.budget,
            source: query.source.clone(),
            prefix: explain.len(),
        },
    }
}

/// Only texts whose constants the extension has replaced: those of utility statements may hold passwords.
fn of_statements(schema: &str, config: &ValidateConfig) -> RowCheck {
    let budget = config.budget.as_millis();
    RowCheck {
        rule: Rule::SlowStatement,
        subject: format!("mean over {}", duration(config.budget)),
        location: None,
        messages: vec![format!(
            "select round(mean_exec_time)::bigint as mean, calls, \
               left(regexp_replace(query, '\\s+', ' ', 'g'), 120) as text \
             from {schema}.pg_stat_statements \
             where dbid = (select oid from pg_database where datname = current_database()) \
               and mean_exec_time > {budget} and calls >= 5 \
               and query ~* '^\\s*(select|insert|update|delete|merge|with)\\M' \
             order by mean_exec_time desc limit 5"
        )],
        meaning: Meaning::Statements,
    }
}
