//! Asking a database directly, past the program under test.

use std::future::Future;

use tokio_postgres::{NoTls, SimpleQueryMessage};

/// Runs a future to its end, on this thread.
pub(crate) fn wait_for<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// The rows of all statements, as text; NULL is `None`.
pub(crate) type Rows = Vec<Vec<Option<String>>>;

/// Runs statements and gives the rows of all of them, or the error as the server said it.
pub(crate) fn try_query(url: &str, sql: &str) -> Result<Rows, String> {
    let said = |error: tokio_postgres::Error| match error.as_db_error() {
        Some(error) => format!("{}: {}", error.code().code(), error.message()),
        None => format!("{error:?}"),
    };
    wait_for(async {
        let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(said)?;
        let connection = tokio::spawn(connection);
        let messages = client.simple_query(sql).await;
        drop(client);
        // What the connection itself met is said by the query already.
        connection.await.unwrap().ok();
        let rows = messages.map_err(said)?.into_iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        Ok(rows
            .map(|row| (0..row.len()).map(|column| row.get(column).map(str::to_owned)).collect())
            .collect())
    })
}

/// The same for statements that cannot fail.
pub(crate) fn query(url: &str, sql: &str) -> Rows {
    try_query(url, sql).unwrap_or_else(|error| panic!("{error}\nin: {sql}"))
}

/// Runs statements whose rows nobody wants.
pub(crate) fn execute(url: &str, sql: &str) {
    query(url, sql);
}
