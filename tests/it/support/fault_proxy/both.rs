//! Both directions of one connection, to the end of either.

use std::sync::Mutex;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use super::talk::Talk;
use super::way::{Turn, Way};
use super::{Direction, State, lock};

/// Carries everything. True when the connection is to be cut.
pub(super) async fn both(
    client: &mut TcpStream,
    (server_reads, server_writes): (impl AsyncRead + Unpin, impl AsyncWrite + Unpin),
    state: &Mutex<State>,
    turn: &Mutex<Turn>,
    number: usize,
) -> bool {
    if lock(state).listening.connection == number {
        let has_come = {
            let talk = Talk::new(state);
            let (client_reads, client_writes) = client.split();
            let (up, down) = (talk.up(client_reads, server_writes), talk.down(server_reads, client_writes));
            let (mut up, mut down) = (std::pin::pin!(up), std::pin::pin!(down));
            tokio::select! {
                has_come = &mut up => has_come || down.await,
                has_come = &mut down => has_come,
            }
        };
        lock(state).listening.is_over = true;
        if has_come && lock(state).listening.is_forsaken {
            // It may be gone already.
            socket2::SockRef::from(&*client).shutdown(std::net::Shutdown::Both).ok();
            std::future::pending::<()>().await;
        }
        let told = lock(state).listening.told.take();
        if let (true, Some(told)) = (has_come, told) {
            // Who is told may have gone.
            told.send(()).ok();
            std::future::pending::<()>().await;
        }
        return has_come;
    }
    let (client_reads, client_writes) = client.split();
    let up = Way { direction: Direction::ToServer, state, turn };
    let down = Way { direction: Direction::ToClient, state, turn };
    // An end of one side is passed on, and what the other side still says too; a cut ends both.
    let mut up = std::pin::pin!(up.carry(client_reads, server_writes));
    let mut down = std::pin::pin!(down.carry(server_reads, client_writes));
    tokio::select! {
        is_cut = &mut up => is_cut || down.await,
        // When the server has gone there is nobody left to talk to.
        is_cut = &mut down => is_cut,
    }
}
