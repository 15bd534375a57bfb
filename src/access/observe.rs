//! Finds the access table out, in two round trips. Leaves nothing behind, not even in an open transaction.

use std::collections::BTreeMap;

use crate::access::assemble::assemble;
use crate::access::cast::{Actor, cast};
use crate::access::probe;
use crate::access::rights::{self, Rights};
use crate::access::{AccessRequest, AccessTable, Command};
use crate::pg::{Answer, PgResult, Session};

/// What precedes every question: within the caller's transaction if there is one, else in one of its own, which is a
/// single snapshot. The session's default comes back before anything else is asked.
const OPEN: [&str; 4] = [
    "set default_transaction_isolation = 'repeatable read'",
    "begin",
    "reset default_transaction_isolation",
    "savepoint crmctl_access; set local transaction_read_only = on; set local role none; set local search_path = ''; \
     set local lock_timeout = '2s'",
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
pub(super) struct Facts {
    /// For each table its rights by role, in the order of the tables.
    pub(super) tables: Vec<BTreeMap<String, Rights>>,
    pub(super) actors: Vec<Actor>,
    pub(super) missing: Vec<String>,
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
pub(super) enum Question {
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
    /// What an actor may add to it.
    Insert(usize, usize),
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
        &format!("set local row_security = off; set local statement_timeout = {timeout}"),
    )?;
    for (index, table) in facts.tables.iter().enumerate() {
        if let Some(rights) = table.values().find(|rights| probe::is_tried(rights)) {
            send(Question::Nothing, &probe::sample(rights, index))?;
        }
    }
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
            if let Some(insert) = probe::insert_query(rights, actor.id.as_deref(), index) {
                let insert = format!("rollback to savepoint crmctl_persona; {insert}");
                send(Question::Insert(number, index), &insert)?;
            }
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
