//! A bad network in front of a server: far away, counting, and cutting connections at a given byte.
//!
//! A round trip is counted when the client says something after it could have heard an answer to what it said before:
//! something of the server's was delivered since, and at least as long ago as both ways take. Pipelined messages, and
//! a stream of rows in both directions at once, are therefore one. Without a delay this counts changes of direction,
//! which is never less.

mod both;
mod talk;
mod trips;
mod way;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::sync::oneshot;

use self::both::both;
use self::talk::Listening;
pub(crate) use self::talk::Moment;
pub(crate) use self::trips::fewest_round_trips;
use self::way::Turn;
pub(crate) use self::way::make_a_process_up;
use super::cluster::Which;

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// What the client says.
    ToServer,
    /// What the server says.
    ToClient,
}

#[derive(Debug, Default)]
struct State {
    delay: Duration,
    resets: usize,
    cut: Option<(Direction, u64)>,
    stall: Option<(Direction, u64)>,
    is_stalled: bool,
    listening: Listening,
    connections: usize,
    /// Those that are not over.
    open: usize,
    round_trips: usize,
    bytes: [u64; 2],
    record: Option<[Vec<u8>; 2]>,
    /// Every so many pieces of a direction one comes so much later, and with it whatever is behind it.
    stutter: Option<(usize, Duration)>,
    is_impatient: bool,
    is_pooler: bool,
    /// Who is told of every COMMIT, as it goes by.
    commits: Option<std::sync::mpsc::Sender<std::time::Instant>>,
}

#[derive(Debug, Clone)]
enum Upstream {
    Tcp(SocketAddr),
    Socket(PathBuf),
}

/// A port of 127.0.0.1 that leads to a server. Closed, with everything that goes through it, when dropped.
pub(crate) struct FaultProxy {
    port: u16,
    state: Arc<Mutex<State>>,
    end: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl FaultProxy {
    /// In front of one of the servers: its port, or its socket where it has none.
    pub(crate) fn to(which: Which) -> Self {
        let address = which.cluster().address();
        let upstream = if which == Which::Network {
            Upstream::Tcp(SocketAddr::new("127.0.0.1".parse().unwrap(), address.port))
        } else {
            Upstream::Socket(address.socket_folder.join(format!(".s.PGSQL.{}", address.port)))
        };
        let state = Arc::new(Mutex::new(State::default()));
        let (told, port) = std::sync::mpsc::channel();
        let (end, ended) = oneshot::channel();
        let shared = Arc::clone(&state);
        let thread = std::thread::spawn(move || {
            super::query::wait_for(async {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                told.send(listener.local_addr().unwrap().port()).unwrap();
                tokio::select! {
                    () = serve(listener, upstream, shared) => {}
                    _ = ended => {}
                }
            });
        });
        Self { port: port.recv().unwrap(), state, end: Some(end), thread: Some(thread) }
    }

    /// Every byte takes so long in each direction.
    pub(crate) fn delay(self, each_way: Duration) -> Self {
        self.lock().delay = each_way;
        self
    }

    /// The first connections are reset at once.
    pub(crate) fn reset_first(self, connections: usize) -> Self {
        self.lock().resets = connections;
        self
    }

    /// Each connection is reset after so many bytes of one direction.
    pub(crate) fn cut_after(self, direction: Direction, bytes: u64) -> Self {
        self.lock().cut = Some((direction, bytes));
        self
    }

    /// In each connection, nothing more arrives after so many bytes of one direction; it stays open.
    pub(crate) fn stall_after(self, direction: Direction, bytes: u64) -> Self {
        self.lock().stall = Some((direction, bytes));
        self
    }

    /// Keeps all that goes through, in either direction.
    pub(crate) fn record(self) -> Self {
        self.lock().record = Some([const { Vec::new() }; 2]);
        self
    }

    /// Every so many pieces of either direction there is a pause.
    pub(crate) fn stutter(self, pieces: usize, pause: Duration) -> Self {
        self.lock().stutter = Some((pieces, pause));
        self
    }

    /// Nobody waits longer than a tenth of a second for a lock, whatever the client says.
    pub(crate) fn impatient(self) -> Self {
        self.lock().is_impatient = true;
        self
    }

    /// Like a pooler: it makes process numbers up, and at a farewell lets the server go, whatever that was told just before.
    pub(crate) fn like_a_pooler(self) -> Self {
        self.lock().is_pooler = true;
        self
    }

    /// Tells of every COMMIT of any connection when it has gone by.
    pub(crate) fn tell_commits(self) -> (Self, std::sync::mpsc::Receiver<std::time::Instant>) {
        let (told, commits) = std::sync::mpsc::channel();
        self.lock().commits = Some(told);
        (self, commits)
    }

    /// All that went through since [`Self::record`], one way and then the other, once every connection is over.
    pub(crate) fn recorded(&self) -> String {
        self.until_over();
        let both = self.lock().record.as_ref().expect("it was recorded").concat();
        String::from_utf8_lossy(&both).into_owned()
    }

    /// Whether a connection has come to where nothing arrives any more.
    pub(crate) fn is_stalled(&self) -> bool {
        self.lock().is_stalled
    }

    /// Listens to what is said in one connection, numbered from 1 in the order they are made in.
    pub(crate) fn listen(self, connection: usize) -> Self {
        self.lock().listening.connection = connection;
        self
    }

    /// The connection that is listened to is reset at some moment; those after it are not.
    pub(crate) fn cut_at(self, moment: Moment) -> Self {
        self.lock().listening.moment = Some(moment);
        self
    }

    /// The same, but the server does not hear of it, and keeps the session.
    pub(crate) fn forsake_at(self, moment: Moment) -> Self {
        self.lock().listening.is_forsaken = true;
        self.cut_at(moment)
    }

    /// At some moment of the connection that is listened to nothing arrives any more, and whoever waits is told.
    pub(crate) fn halt_at(self, moment: Moment) -> (Self, std::sync::mpsc::Receiver<()>) {
        let (told, moment_has_come) = std::sync::mpsc::channel();
        self.lock().listening.told = Some(told);
        (self.cut_at(moment), moment_has_come)
    }

    /// All that the client said in the connection that is listened to, message by message; its farewell is empty.
    pub(crate) fn said(&self) -> Vec<String> {
        super::until("the connection is over", || self.lock().listening.is_over);
        self.lock().listening.said.clone()
    }

    /// The same URL by this way.
    pub(crate) fn url(&self, url: &str) -> String {
        let (before, after) = url.split_once('@').unwrap();
        let (_, path) = after.split_once('/').unwrap();
        format!("{before}@127.0.0.1:{}/{path}", self.port)
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.lock().connections
    }

    /// How often somebody waited for an answer, over all connections, once they are over.
    pub(crate) fn round_trips(&self) -> usize {
        self.until_over();
        self.lock().round_trips
    }

    /// How many bytes went one way, over all connections, once they are over.
    pub(crate) fn bytes(&self, direction: Direction) -> u64 {
        self.until_over();
        self.lock().bytes[direction as usize]
    }

    /// A client may be gone before its farewell has come here: what is counted before then differs from run to run.
    fn until_over(&self) {
        super::until("every connection is over", || self.lock().open == 0);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        drop(self.end.take());
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve(listener: TcpListener, upstream: Upstream, state: Arc<Mutex<State>>) {
    loop {
        let (client, _) = listener.accept().await.unwrap();
        client.set_nodelay(true).unwrap();
        let (is_reset, number) = {
            let mut state = lock(&state);
            state.connections += 1;
            let is_reset = state.resets > 0;
            state.resets = state.resets.saturating_sub(1);
            state.open += usize::from(!is_reset);
            (is_reset, state.connections)
        };
        if is_reset {
            reset(&client);
            continue;
        }
        tokio::spawn(connection(client, upstream.clone(), Arc::clone(&state), number));
    }
}

/// With this the other side gets a reset instead of an end when the connection is dropped.
fn reset(client: &TcpStream) {
    socket2::SockRef::from(client).set_linger(Some(Duration::ZERO)).unwrap();
}

async fn connection(mut client: TcpStream, upstream: Upstream, state: Arc<Mutex<State>>, number: usize) {
    let turn = Arc::new(Mutex::new(Turn::default()));
    let is_cut = match upstream {
        Upstream::Tcp(address) => {
            let mut server = TcpStream::connect(address).await.unwrap();
            server.set_nodelay(true).unwrap();
            let (server_reads, server_writes) = server.split();
            both(&mut client, (server_reads, server_writes), &state, &turn, number).await
        }
        Upstream::Socket(path) => {
            let mut server = UnixStream::connect(path).await.unwrap();
            let (server_reads, server_writes) = server.split();
            both(&mut client, (server_reads, server_writes), &state, &turn, number).await
        }
    };
    if is_cut {
        reset(&client);
    }
    lock(&state).open -= 1;
}
