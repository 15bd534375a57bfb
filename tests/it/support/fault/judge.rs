//! What must hold after every fault, whatever it was and whatever it was done to.

use std::path::Path;
use std::time::Instant;

use super::stage::USERS_PASSWORD;
use super::{Fate, Stage};
use crate::support::{Output, Which};

impl Stage<'_> {
    /// Stops the test unless the fault was survived, and puts everything back to the beginning. Says where the target was
    /// left: wholly old or wholly new.
    #[track_caller]
    pub(crate) fn survived(&mut self, fault: &str, output: &Output) -> Fate {
        let what = format!("{} after {fault}", self.scenario.name);
        self.nobody_is_left();
        let now = self.look();
        let fate = self.fate_of(&now).unwrap_or_else(|| {
            let (old, new) = (now.differences(self.old()), now.differences(self.new_state()));
            panic!("{what}: mixed. Unlike old: {old:#?}\nunlike new: {new:#?}\n{output}")
        });
        self.is_true(fate, &what, output);
        self.backups_are_whole(&what);
        self.no_secret_is_kept(&what);

        // A failure must not show before something has been done about it.
        let started = Instant::now();
        let next = self.call().run();
        // How long it takes changes with what else the machine has to do. What finds nothing to do is quicker.
        if fate == Fate::Old {
            self.lifetime = (self.lifetime + started.elapsed()) / 2;
        }
        let wanted = if fate == Fate::New { self.scenario.again } else { 0 };
        assert_eq!(next.code, Some(wanted), "{what}: {output}\nthe next run: {next}");
        self.nobody_is_left();
        let end = self.look();
        assert!(
            self.fate_of(&end) == Some(Fate::New),
            "{what}: {output}\nthe next run leaves {:#?}\n{next}",
            end.differences(self.new_state())
        );
        self.backups_are_whole(&what);
        self.no_secret_is_kept(&what);
        self.put_back();
        fate
    }

    /// The exit code and the words fit what is there.
    #[track_caller]
    fn is_true(&self, fate: Fate, what: &str, output: &Output) {
        let is_true = match output.code {
            // Nobody was left to say anything.
            None => true,
            Some(0) => fate == Fate::New,
            Some(1 | 2 | 4 | 5 | 130) => fate == Fate::Old || self.only_reads(),
            Some(10) => output.stderr.contains("help: ") || output.stdout.contains("\"help\": "),
            Some(_) => false,
        };
        assert!(is_true, "{what}: the target is {fate:?}, but {output}");
    }

    /// No session, no prepared transaction and with them no lock.
    fn nobody_is_left(&self) {
        for database in [Some(&self.target), self.source.as_ref()].into_iter().flatten() {
            database.until_alone();
            let prepared = "select count(*) from pg_prepared_xacts where database = current_database()";
            assert_eq!(database.value(prepared), "0");
        }
    }

    /// What has the name of a backup is one.
    #[track_caller]
    fn backups_are_whole(&self, what: &str) {
        let Ok(entries) = self.project.path().join("backups").read_dir() else { return };
        for folder in entries.map(|entry| entry.unwrap().path()) {
            let name = folder.file_name().unwrap().to_str().unwrap();
            if name.starts_with('.') || name.ends_with(".partial") {
                continue;
            }
            assert!(is_whole(&folder).is_some(), "{what}: `{name}` is taken for a backup");
        }
    }

    /// No password in any file, nor in any row.
    #[track_caller]
    fn no_secret_is_kept(&self, what: &str) {
        let secrets = [Which::Cloud.password(), USERS_PASSWORD];
        for file in self.project.files("") {
            let Ok(mut bytes) = std::fs::read(&file) else { continue };
            if file.extension().is_some_and(|extension| extension == "zst") {
                // What was cut off in the middle is read as far as it goes.
                let mut text = Vec::new();
                if let Ok(mut decoder) = zstd::Decoder::new(&bytes[..]) {
                    std::io::copy(&mut decoder, &mut text).ok();
                }
                bytes = text;
            }
            let text = String::from_utf8_lossy(&bytes);
            let kept = secrets.iter().find(|secret| text.contains(**secret));
            assert!(kept.is_none(), "{what}: a password is in {}", file.display());
        }
        for secret in secrets {
            let holders = self.target.tables_with(secret);
            assert!(holders.is_empty(), "{what}: a password is in {holders:?}");
        }
    }
}

/// Looks at a backup without the program: the manifest says that it is complete, and its files are as long as it says.
fn is_whole(folder: &Path) -> Option<()> {
    let manifest = std::fs::read_to_string(folder.join("manifest.json")).ok()?;
    let manifest: serde_json::Value = serde_json::from_str(&manifest).ok()?;
    let parts = manifest["parts"].as_array()?;
    let is_there = |part: &serde_json::Value| {
        let path = folder.join(part["file"].as_str()?);
        (path.metadata().ok()?.len() == part["bytes"].as_u64()?).then_some(())
    };
    let all = !parts.is_empty() && parts.iter().all(|part| is_there(part).is_some());
    (manifest["complete"] == true && all).then_some(())
}
