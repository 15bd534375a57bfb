//! The answers of the second flight, put together to the access table. Pure.

use std::collections::BTreeMap;

use crate::access::observe::{Facts, Question};
use crate::access::probe;
use crate::access::rights::Rights;
use crate::access::{Access, AccessRequest, AccessTable, Command, Reach, TableAccess};
use crate::pg::{Answer, Row};

/// The answers, by the question they belong to.
#[derive(Default)]
struct Heard {
    totals: BTreeMap<usize, Vec<Option<u64>>>,
    refused: BTreeMap<usize, String>,
    select: BTreeMap<(usize, usize), Result<Row, String>>,
    write: BTreeMap<(usize, usize), Result<Row, String>>,
    insert: BTreeMap<(usize, usize), Result<Row, String>>,
}

pub(super) fn assemble(
    facts: Facts,
    request: &AccessRequest,
    asked: &[Question],
    answers: Vec<Answer>,
) -> AccessTable {
    let mut heard = Heard::default();
    for (question, answer) in asked.iter().zip(answers) {
        match *question {
            Question::Nothing => {}
            Question::Total(table) => {
                let numbers = |row: Row| {
                    row.values()
                        .iter()
                        .map(|value| value.as_ref()?.parse().ok())
                        .collect::<Vec<Option<u64>>>()
                };
                heard.totals.insert(table, only_row(answer, request).map(numbers).unwrap_or_default());
            }
            Question::Become(actor) => {
                if let Some(error) = answer.error {
                    heard.refused.insert(actor, error.message);
                }
            }
            Question::Select(actor, table) => {
                heard.select.insert((actor, table), only_row(answer, request));
            }
            Question::Write(actor, table) => {
                heard.write.insert((actor, table), only_row(answer, request));
            }
            Question::Insert(actor, table) => {
                heard.insert.insert((actor, table), only_row(answer, request));
            }
        }
    }
    let table = |(index, table): (usize, &BTreeMap<String, Rights>)| of_table(&facts, &heard, index, table);
    AccessTable {
        limit: request.limit,
        tables: facts.tables.iter().enumerate().filter_map(table).collect(),
        personas: facts.actors.iter().map(|actor| actor.name.clone()).collect(),
        missing: facts.missing,
    }
}

/// The row of an answer, or why there is none.
fn only_row(answer: Answer, request: &AccessRequest) -> Result<Row, String> {
    match &answer.error {
        Some(error) if error.code == "57014" => {
            Err(format!("it took longer than {}", crate::ui::duration(request.timeout)))
        }
        Some(error) => Err(error.message.clone()),
        None => answer.rows().into_iter().next().ok_or_else(|| "the server gave no answer".to_owned()),
    }
}

fn of_table(
    facts: &Facts,
    heard: &Heard,
    index: usize,
    table: &BTreeMap<String, Rights>,
) -> Option<TableAccess> {
    let first = table.values().next()?;
    let totals = heard.totals.get(&index).map(Vec::as_slice).unwrap_or_default();
    let mut owned = totals.iter().skip(1);
    let mut access = Vec::new();
    for (number, actor) in facts.actors.iter().enumerate() {
        let owned = actor.id.as_ref().and_then(|_| owned.next().copied().flatten());
        let reach = |command| match table.get(&actor.role) {
            None => Reach::Unknown { reason: format!("there is no role `{}`", actor.role) },
            Some(rights) => reach(rights, heard, (number, index), command),
        };
        let [select, insert, update, delete] = Command::ALL.map(reach);
        access.push(Access { persona: actor.name.clone(), owned, select, insert, update, delete });
    }
    Some(TableAccess {
        table: first.table.clone(),
        row_level_security: first.row_level_security,
        owner: first.owner.clone(),
        rows: totals.first().copied().flatten(),
        access,
    })
}

fn reach(rights: &Rights, heard: &Heard, place: (usize, usize), command: Command) -> Reach {
    if let Some(known) = probe::known(rights, command) {
        return if command == Command::Insert { tried(known, heard.insert.get(&place)) } else { known };
    }
    if let Some(reason) = heard.refused.get(&place.0) {
        return Reach::Unknown { reason: reason.clone() };
    }
    // Where no policy filters, what is seen is what can be written.
    let is_judged = command != Command::Select && probe::judged(rights, command);
    let (answers, rows, own) = match (command, is_judged) {
        (Command::Update, true) => (&heard.write, "update_rows", "update_own"),
        (Command::Delete, true) => (&heard.write, "delete_rows", "delete_own"),
        _ => (&heard.select, "rows", "own"),
    };
    match answers.get(&place) {
        Some(Ok(row)) => Reach::Rows {
            rows: row.get(rows).unwrap_or(0),
            // Nobody's rows are known where there is no owner.
            own: rights.owner.as_ref().filter(|_| rights.sees_whole_rows).and_then(|_| row.get(own).ok()),
        },
        Some(Err(reason)) => Reach::Unknown { reason: reason.clone() },
        None => Reach::Unknown { reason: "the server gave no answer".to_owned() },
    }
}

/// What the copies say about an insert; without any, what the catalog says stands.
fn tried(known: Reach, answer: Option<&Result<Row, String>>) -> Reach {
    let number = |row: &Row, column: &str| row.get::<u64>(column).unwrap_or(0);
    match answer {
        Some(Ok(row)) if number(row, "tried") > 0 => {
            Reach::Tried { passed: number(row, "passed"), tried: number(row, "tried") }
        }
        Some(Err(_) | Ok(_)) | None => known,
    }
}
