//! The report as a list of checks that passed or did not: what CI systems show.

use crate::parity::diff::{TableParity, UserVerdict, Verdict};
use crate::parity::report::ParityReport;
use crate::parity::report::words::bag_remark;

/// Rows that a check names.
const NAMED: usize = 50;

/// One thing that was compared.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) group: Group,
    /// The table, the user's address, or what it is.
    pub(super) name: String,
    pub(super) is_equal: bool,
    /// In one line.
    pub(super) summary: String,
    /// What differs, a sentence each.
    pub(super) details: Vec<String>,
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Group {
    Schema,
    Rows,
    TestUsers,
}

impl Group {
    /// All, in their order.
    pub(super) const ALL: [Self; 3] = [Self::Schema, Self::Rows, Self::TestUsers];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Schema => "schema",
            Self::Rows => "rows",
            Self::TestUsers => "test users",
        }
    }
}

/// Everything that was compared, in the order of the report.
pub(super) fn checks(report: &ParityReport) -> Vec<Check> {
    let mut checks = Vec::new();
    if report.level.has_schema() {
        checks.push(schema(report));
        checks.push(Check {
            group: Group::Schema,
            name: "applied migrations".to_owned(),
            is_equal: report.history.is_none(),
            summary: report.heads(),
            details: report.history_sentences(),
        });
    }
    checks.extend(report.tables.iter().map(|parity| table(report, parity)));
    checks.extend(report.test_users.iter().map(|user| Check {
        group: Group::TestUsers,
        name: user.email.clone(),
        is_equal: user.verdict == UserVerdict::Equal,
        summary: report.user_remark(user),
        details: report.user_problems(user),
    }));
    checks
}

fn schema(report: &ParityReport) -> Check {
    let objects = if report.schema.len() == 1 { "object differs" } else { "objects differ" };
    Check {
        group: Group::Schema,
        name: "schema".to_owned(),
        is_equal: report.schema.is_empty(),
        summary: format!("{} {objects}", report.schema.len()),
        details: report.schema.iter().map(|difference| difference.text.clone()).collect(),
    }
}

fn table(report: &ParityReport, parity: &TableParity) -> Check {
    let rows = report.rows.get(&parity.table);
    let counts = rows.into_iter().flat_map(|rows| {
        let sorts = report.sorts(rows).into_iter();
        sorts.map(|(found, only)| ParityReport::count_sentence(rows, found, only.as_deref()))
    });
    let counts: Vec<String> = counts.collect();
    let verdict = match parity.verdict {
        Verdict::OnlyLeft => format!("the table is only in {}", report.left),
        Verdict::OnlyRight => format!("the table is only in {}", report.right),
        Verdict::Equal | Verdict::CountsDiffer | Verdict::ContentsDiffer | Verdict::ColumnsDiffer => {
            report.remark(parity)
        }
    };
    let colon = if counts.is_empty() { "" } else { ": " };
    let mut details: Vec<String> = rows.and_then(bag_remark).map(str::to_owned).into_iter().collect();
    if let Some(rows) = rows {
        let mut sentences = report.row_sentences(rows, NAMED + 1);
        if sentences.len() > NAMED {
            sentences.truncate(NAMED);
            sentences.push("and more; `crmctl verify --format json` names them".to_owned());
        }
        details.extend(sentences);
    }
    Check {
        group: Group::Rows,
        name: parity.table.to_string(),
        is_equal: parity.verdict == Verdict::Equal,
        summary: format!("{verdict}{colon}{}", counts.join(", ")),
        details,
    }
}
