//! Finds the access table out, in two round trips. Leaves nothing behind, not even in an open transaction.

use std::collections::BTreeMap;

use crate::access::cast::{Actor, cast};
use crate::access::probe;
use crate::access::rights::{self, Rights};
use crate::access::{Access, AccessRequest, AccessTable, Command, Reach, TableAccess};
use crate::pg::{Answer, PgResult, Row, Session};

/// What precedes every question: within the caller's transaction if there is one, else in one of its own, which is a
/// single snapshot. The session's default comes back before anything else is asked.
const OPEN: [&str; 4] = [
    "set default_transaction_isolation = 'repeatable read'",
    "begin",
    "reset default_transaction_isolation",
    "savepoint crmctl_access; set local transaction_read_only = on; set local role none; set local search_path = ''",
];

/// How far every persona gets with every table of the exposed schemas.
///
/// Works on an idle session and within an open transaction, whose uncommitted changes it sees. A question that fails
/// is an answer ([`Reach::Unknown`]), and the transaction goes on as if nothing had been asked.
pub async fn observe(session: &mut Session, request: &AccessRequest) -> PgResult<AccessTable> {
    for message in OPEN {
        session.send(message)?;
    }
    let roles: Vec<&str> = request.personas.iter().map(|persona| persona.role.as_str()).collect();
    let lower = |email: &String| email.to_lowercase();
    let emails: Vec<String> =
        request.personas.iter().filter_map(|persona| persona.email.as_ref().map(lower)).collect();
    session.send(&rights::query(request, &roles))?;
    session.send("savepoint crmctl_users")?;
    session.send(&rights::users_query(request.test_users.as_deref(), &emails))?;
    session.send("rollback to savepoint crmctl_users")?;

    // After the first message, which begins nothing, the server tells whether a transaction was open.
    let is_ours = session.receive().await?.status == b'I';
    for _ in 1..OPEN.len() {
        session.receive().await?;
    }
    let rights = session.receive().await?;
    session.receive().await?;
    let users = session.receive().await?;
    session.receive().await?;

    let understood = understand(rights, users, request);
    let asked = match &understood {
        Ok(facts) => ask(session, request, facts)?,
        Err(_) => Vec::new(),
    };
    session.send("rollback to savepoint crmctl_access")?;
    session.send(if is_ours { "commit" } else { "release savepoint crmctl_access" })?;
    let mut answers = Vec::with_capacity(asked.len());
    for _ in 0..asked.len() {
        answers.push(session.receive().await?);
    }
    session.receive().await?.ok()?;
    session.receive().await?.ok()?;
    Ok(assemble(understood?, request, &asked, answers))
}

/// What the first flight brought.
struct Facts {
    /// For each table its rights by role, in the order of the tables.
    tables: Vec<BTreeMap<String, Rights>>,
    actors: Vec<Actor>,
    missing: Vec<String>,
}

fn understand(rights: Answer, users: Answer, request: &AccessRequest) -> PgResult<Facts> {
    let mut tables: Vec<BTreeMap<String, Rights>> = Vec::new();
    for row in rights.ok()?.rows() {
        let rights = Rights::of_row(&row, &request.owners)?;
        let is_same =
            |known: &BTreeMap<String, Rights>| known.values().any(|known| known.table == rights.table);
        if !tables.last().is_some_and(is_same) {
            tables.push(BTreeMap::new());
        }
        if let Some(table) = tables.last_mut() {
            table.insert(rights.role.clone(), rights);
        }
    }
    // Without a schema `auth` there are no users.
    let (actors, missing) = cast(request, &users.ok().map(Answer::rows).unwrap_or_default());
    Ok(Facts { tables, actors, missing })
}

/// What a message of the second flight asks.
#[derive(Clone, Copy)]
enum Question {
    /// Nothing: it prepares those that follow.
    Nothing,
    /// The number of a table's rows.
    Total(usize),
    /// Whether the session can become an actor.
    Become(usize),
    /// What an actor sees of a table.
    Select(usize, usize),
    /// What an actor may change of it.
    Write(usize, usize),
}

/// Queues all questions. Each has a savepoint to return to, so that one that fails harms no other.
fn ask(session: &mut Session, request: &AccessRequest, facts: &Facts) -> PgResult<Vec<Question>> {
    let mut asked = Vec::new();
    let mut send = |question: Question, message: &str| {
        asked.push(question);
        session.send(message)
    };
    let timeout = probe::milliseconds(request.timeout);
    send(
        Question::Nothing,
        &format!(
            "set local row_security = off; set local lock_timeout = '2s'; set local statement_timeout = {timeout}"
        ),
    )?;
    send(Question::Nothing, "savepoint crmctl_table")?;
    let ids: Vec<&str> = facts.actors.iter().filter_map(|actor| actor.id.as_deref()).collect();
    for (index, table) in facts.tables.iter().enumerate() {
        let Some(rights) = table.values().next() else { continue };
        let query = probe::total_query(rights, &ids, request.limit);
        send(Question::Total(index), &format!("rollback to savepoint crmctl_table; {query}"))?;
    }
    for (number, actor) in facts.actors.iter().enumerate() {
        let turn = format!("rollback to savepoint crmctl_table; {}", probe::become_actor(actor, request));
        send(Question::Become(number), &turn)?;
        send(Question::Nothing, "savepoint crmctl_persona")?;
        for (index, table) in facts.tables.iter().enumerate() {
            let Some(rights) = table.get(&actor.role) else { continue };
            if probe::known(rights, Command::Select).is_some() {
                continue;
            }
            let read = probe::select_query(rights, actor.id.as_deref(), request.limit);
            send(Question::Select(number, index), &format!("rollback to savepoint crmctl_persona; {read}"))?;
            if let Some(write) = probe::write_query(rights, actor.id.as_deref(), request.limit) {
                send(
                    Question::Write(number, index),
                    &format!("rollback to savepoint crmctl_persona; {write}"),
                )?;
            }
        }
    }
    Ok(asked)
}

/// The answers, by the question they belong to.
#[derive(Default)]
struct Heard {
    totals: BTreeMap<usize, Vec<Option<u64>>>,
    refused: BTreeMap<usize, String>,
    select: BTreeMap<(usize, usize), Result<Row, String>>,
    write: BTreeMap<(usize, usize), Result<Row, String>>,
}

fn assemble(facts: Facts, request: &AccessRequest, asked: &[Question], answers: Vec<Answer>) -> AccessTable {
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
        return known;
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
