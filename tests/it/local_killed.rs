//! `crmctl local start` and `stop` are killed somewhere in between: the next run works, and one server at most is left.

use std::time::{Duration, Instant};

use crate::support::{Project, Stop, crmctl, until};

/// A project with a server of its own, gone with the test.
struct Managed(Project);

impl Managed {
    fn report(&self) -> serde_json::Value {
        crmctl(&self.0).args(["local", "status", "--json"]).success().json()["report"].clone()
    }

    /// The servers that run on its data. Who was forked a moment ago still has the name of the server it is of.
    fn servers(&self) -> Vec<i32> {
        let folder = self.report()["folder"].as_str().unwrap().to_owned();
        let processes = std::fs::read_dir("/proc").into_iter().flatten().flatten();
        let is_one = |pid: &i32| {
            let arguments = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            let arguments = String::from_utf8_lossy(&arguments).into_owned();
            arguments.split('\0').next().is_some_and(|program| program.ends_with("postgres"))
                && arguments.contains(&folder)
        };
        let all: Vec<i32> =
            processes.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(is_one).collect();
        all.iter().copied().filter(|pid| !parent(*pid).is_some_and(|parent| all.contains(&parent))).collect()
    }

    /// One is left: another may be about to end, but no two stay.
    fn until_one_server(&self, what: &str) {
        until(what, || self.servers().len() == 1);
    }

    fn killed(&self, arguments: [&str; 2], after: Duration) {
        let started = Instant::now();
        let mut running = crmctl(&self.0).args(arguments).spawn();
        while started.elapsed() < after && !running.has_ended() {
            // The moment is what this is about.
            std::thread::sleep(Duration::from_micros(200));
        }
        Stop::Kill.send(&running);
        running.finish_without_children();
    }
}

/// Of a process: `17 (its name) S 16 ...`.
fn parent(pid: i32) -> Option<i32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

impl Drop for Managed {
    fn drop(&mut self) {
        crmctl(&self.0).args(["local", "destroy", "--yes"]).run();
    }
}

#[test]
fn a_start_or_stop_that_was_killed_is_made_good_by_the_next_run() {
    let managed = Managed(Project::new().setting("[environments.local]\nmanaged = true"));
    let started = Instant::now();
    crmctl(&managed.0).args(["local", "start"]).success();
    let start = started.elapsed();
    for part in [0.2, 0.5, 0.8] {
        crmctl(&managed.0).args(["local", "destroy", "--yes"]).success();
        managed.killed(["local", "start"], start.mul_f64(part));
        crmctl(&managed.0).args(["local", "start"]).success();
        managed.until_one_server(&format!("one server, killed at {part} of {start:?}"));

        managed.killed(["local", "stop"], Duration::from_millis(40).mul_f64(part));
        crmctl(&managed.0).args(["migrate", "status"]).success();
        managed.until_one_server(&format!("one server, killed at {part} of the end"));
    }
    crmctl(&managed.0).args(["local", "stop"]).success();
    until("no server is left", || managed.servers().is_empty());
}
