//! A pooler that gives every transaction whichever session is free is no way to a database for us: what we set would stay
//! behind in sessions of the application, which could not write any more. So it is found out before anything is set.

use std::time::Duration;

use tokio::time::timeout;

use crate::environment::DatabaseUrl;
use crate::environment::supabase::Address;
use crate::pg::connect::{Connection, address, connect};
use crate::pg::wire::Wire;
use crate::pg::{PgError, PgResult};

/// No process of a server has a higher number on Linux, and those of other systems are lower. Poolers make them up.
const HIGHEST_PROCESS: i32 = 4 << 20;
/// How long another session may take. Whoever has none left keeps those he gave.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often it is asked: a busy pool gives the sessions of one client to others.
const QUESTIONS: usize = 3;

/// Whether it may be a pooler of which nobody knows what it does.
pub(super) fn is_suspect(url: &DatabaseUrl, connection: &Connection) -> bool {
    let is_made_up = connection.process.is_some_and(|process| !(1..=HIGHEST_PROCESS).contains(&process));
    is_made_up && !matches!(Address::of(url), Address::SessionPooler { .. })
}

/// Fails where the session of `wire` is not its own.
pub(super) async fn refuse_shared(wire: &mut Wire, url: &DatabaseUrl, application: &str) -> PgResult<()> {
    let ours = session_of(wire).await?;
    let other = timeout(PATIENCE, async {
        let connection = connect(url, application).await?;
        let mut other = Wire::new(connection.stream, address(url));
        let theirs = session_of(&mut other).await?;
        Ok::<_, PgError>((other, theirs))
    });
    // Where there is no other session to be had, this one is not given to others.
    let Ok(Ok((mut other, theirs))) = other.await else { return Ok(()) };
    let mut is_shared = ours == theirs;
    for _ in 0..QUESTIONS {
        is_shared |= session_of(wire).await? != ours || session_of(&mut other).await? != theirs;
    }
    other.say_goodbye().await;
    if is_shared { Err(shared(url)) } else { Ok(()) }
}

async fn session_of(wire: &mut Wire) -> PgResult<Option<String>> {
    wire.query("select pg_catalog.pg_backend_pid() as process")?;
    let rows = wire.answer().await?.ok()?.rows();
    Ok(rows.first().and_then(|row| row.text("process")).map(str::to_owned))
}

fn shared(url: &DatabaseUrl) -> PgError {
    PgError::Connect {
        address: address(url),
        reason:
            "it is a transaction pooler: it keeps no session, so locks, settings and snapshots do not hold"
                .to_owned(),
        help: Some(
            "write the server's own address into the URL, or that of a pool with `pool_mode = session`"
                .to_owned(),
        ),
        transient: false,
    }
}
