//! Faults that have a place: a message or a byte of a connection, or a moment in the life of the program.

use std::time::{Duration, Instant};

use super::Stage;
use crate::support::{Direction, FaultProxy, Moment, Output, Running};

/// Which of its two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Target,
    Source,
}

impl Side {
    /// The variable with its URL.
    pub(super) fn variable(self) -> &'static str {
        match self {
            Self::Target => "TARGET_URL",
            Self::Source => "SOURCE_URL",
        }
    }
}

/// How a process is ended from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    Kill,
    Interrupt,
    Terminate,
}

impl Stop {
    pub(crate) fn send(self, running: &Running) {
        match self {
            Self::Kill => running.kill(),
            Self::Interrupt => running.interrupt(),
            Self::Terminate => running.terminate(),
        }
    }
}

/// What is done to a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hurt {
    /// It is reset at a message; or, with [`Moment::Refused`], the message fails.
    At(Moment),
    /// It is reset after so many bytes of one direction.
    CutAfter(Direction, u64),
    /// Nothing arrives any more after so many bytes, until somebody presses Ctrl-C.
    StallAfter(Direction, u64),
    /// It is over for the client at a message, and the server does not hear of it.
    ForsakenAt(Moment),
    /// The program is killed at a message.
    KilledAt(Moment),
}

/// How long a program may take to stop when it is asked to and nobody answers it.
const PATIENCE: Duration = Duration::from_secs(8);

impl Stage<'_> {
    /// What the command says to one side in its first connection when nobody disturbs it.
    pub(crate) fn said(&self, side: Side) -> Vec<String> {
        let proxy = self.proxy(side).listen(1);
        self.call_through(&proxy, side).success();
        let said = proxy.said();
        self.put_back();
        said
    }

    /// How many bytes go each way when nobody disturbs it.
    pub(crate) fn bytes(&self, side: Side) -> [(Direction, u64); 2] {
        let proxy = self.proxy(side);
        self.call_through(&proxy, side).success();
        self.database(side).until_alone();
        self.put_back();
        [Direction::ToServer, Direction::ToClient].map(|direction| (direction, proxy.bytes(direction)))
    }

    /// Runs the command and hurts a connection.
    pub(crate) fn hurt(&self, side: Side, hurt: Hurt) -> Output {
        let proxy = self.proxy(side);
        match hurt {
            Hurt::At(moment) => {
                let proxy = proxy.listen(1).cut_at(moment);
                self.call_through(&proxy, side).run()
            }
            Hurt::ForsakenAt(moment) => {
                let proxy = proxy.listen(1).forsake_at(moment);
                self.call_through(&proxy, side).run()
            }
            Hurt::CutAfter(direction, bytes) => {
                let proxy = proxy.cut_after(direction, bytes);
                self.call_through(&proxy, side).run()
            }
            Hurt::StallAfter(direction, bytes) => {
                let proxy = proxy.stall_after(direction, bytes);
                let mut running = self.call_through(&proxy, side).spawn();
                crate::support::until("it is stalled, or over", || proxy.is_stalled() || running.has_ended());
                running.interrupt();
                let asked = Instant::now();
                let output = running.finish();
                assert!(asked.elapsed() < PATIENCE, "it took {:?} to stop: {output}", asked.elapsed());
                output
            }
            Hurt::KilledAt(moment) => {
                let (proxy, has_come) = proxy.listen(1).halt_at(moment);
                let running = self.call_through(&proxy, side).spawn();
                has_come.recv_timeout(Duration::from_mins(1)).expect("the moment comes");
                running.kill();
                running.finish()
            }
        }
    }

    /// Runs the command and stops it at some part of its life.
    pub(crate) fn stopped(&self, stop: Stop, part: f64) -> Output {
        let moment = self.lifetime.mul_f64(part);
        let started = Instant::now();
        let mut running = self.call().spawn();
        while started.elapsed() < moment && !running.has_ended() {
            // The moment is what this is about.
            std::thread::sleep(Duration::from_micros(200));
        }
        stop.send(&running);
        running.finish()
    }

    /// Runs the command by way of a network that hangs now and then.
    pub(crate) fn stutteringly(&self, side: Side) -> Output {
        let proxy = self.proxy(side).stutter(5, Duration::from_millis(300)).like_a_pooler();
        self.call_through(&proxy, side).run()
    }

    /// Runs the command as if it had no patience with locks.
    pub(crate) fn impatiently(&self, side: Side) -> Output {
        let proxy = self.proxy(side).impatient();
        self.call_through(&proxy, side).run()
    }

    /// How long it is from each COMMIT that the command sends to its target to the next, or to its end.
    pub(crate) fn commits(&self) -> Vec<Duration> {
        let (proxy, told) = self.proxy(Side::Target).tell_commits();
        self.call_through(&proxy, Side::Target).success();
        let moments: Vec<Instant> = told.try_iter().chain([Instant::now()]).collect();
        self.put_back();
        moments.windows(2).map(|pair| pair[1] - pair[0]).collect()
    }

    /// Runs the command and kills it some time after it has sent one of its COMMITs, from 0.
    pub(crate) fn killed_after_commit(&self, number: usize, delay: Duration) -> Output {
        let (proxy, told) = self.proxy(Side::Target).tell_commits();
        let mut running = self.call_through(&proxy, Side::Target).spawn();
        let mut moments = Vec::new();
        while moments.len() <= number && !running.has_ended() {
            moments.extend(told.recv_timeout(Duration::from_millis(5)));
        }
        if let Some(sent) = moments.get(number) {
            // The moment is what this is about.
            std::thread::sleep(delay.saturating_sub(sent.elapsed()));
            running.kill();
        }
        running.finish()
    }

    fn proxy(&self, side: Side) -> FaultProxy {
        FaultProxy::to(self.database(side).which)
    }
}
