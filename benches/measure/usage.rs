//! Memory and processor time, as `/proc` tells them.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::unistd::{Pid, SysconfVar, sysconf};

use crate::support::{Database, Which};

/// The most memory that any of several processes had.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<AtomicU64>);

impl Memory {
    /// Looks at a process until it has ended. The mark itself never falls, so little is missed between two glances.
    pub(crate) fn watch(&self, process: Pid) {
        let peak = Arc::clone(&self.0);
        std::thread::spawn(move || {
            while let Some(kilobytes) = high_water_mark(process) {
                peak.fetch_max(kilobytes, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(2));
            }
        });
    }

    /// In megabytes.
    pub(crate) fn megabytes(&self) -> f64 {
        f64::from(u32::try_from(self.0.load(Ordering::Relaxed)).unwrap()) / 1024.0
    }
}

fn high_water_mark(process: Pid) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// Processor time that a server's ended connections took.
pub(crate) struct ServerTime {
    stat: PathBuf,
    before: u32,
}

impl ServerTime {
    /// From now on.
    pub(crate) fn start(which: Which) -> Self {
        let pid = which.cluster().address().socket_folder.join("data/postmaster.pid");
        let pid = std::fs::read_to_string(pid).unwrap();
        let stat = PathBuf::from(format!("/proc/{}/stat", pid.lines().next().unwrap()));
        let before = of_children(&stat);
        Self { stat, before }
    }

    /// Seconds until now, of connections to a database that have ended.
    pub(crate) fn seconds(&self, database: &Database) -> f64 {
        database.until_alone();
        // The process ends a little later than it disappears from the view.
        std::thread::sleep(Duration::from_millis(30));
        seconds(of_children(&self.stat) - self.before)
    }
}

/// Processor time of the programs that this process has started and that have ended.
pub(crate) fn of_own_children() -> f64 {
    seconds(of_children(&PathBuf::from("/proc/self/stat")))
}

fn seconds(ticks: u32) -> f64 {
    let in_a_second = sysconf(SysconfVar::CLK_TCK).unwrap().unwrap();
    f64::from(ticks) / f64::from(i32::try_from(in_a_second).unwrap())
}

/// User and system time of the children that were waited for, in ticks.
fn of_children(stat: &PathBuf) -> u32 {
    let text = std::fs::read_to_string(stat).unwrap();
    let fields = text.rsplit_once(')').unwrap().1.split_whitespace();
    fields.skip(13).take(2).map(|field| field.parse::<u32>().unwrap()).sum()
}
