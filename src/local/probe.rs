//! Whether a PostgreSQL server answers at a port, without logging in.

use std::net::Ipv4Addr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The message that asks for encryption: its length and a magic number. A server answers it with one letter.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
/// A server on this machine answers at once or is none.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether something at this port of 127.0.0.1 speaks PostgreSQL: a stack of the Supabase CLI, say. Who it is
/// only a login tells.
pub async fn answers_postgres(port: u16) -> bool {
    matches!(timeout(PATIENCE, ask(port)).await, Ok(Ok(b'S' | b'N')))
}

async fn ask(port: u16) -> std::io::Result<u8> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await?;
    stream.write_all(&SSL_REQUEST).await?;
    stream.read_u8().await
}
