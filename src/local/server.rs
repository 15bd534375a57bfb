//! The server that stays: one per project, for as long as somebody works on it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::binaries::Binaries;
use super::bootstrap::Grants;
use super::cluster::{Address, SOCKET_FOLDER_LIMIT, postgres};
use super::configuration::{Configuration, Durability};
use super::copy::copy_folder;
use super::error::{LocalError, Result, blocking};
use super::home::Home;
use super::postmaster::{self, Postmaster};
use super::standins::{equip, refresh_running};
use super::template::{lock, template};
use super::{port, user};
use crate::tools::{Account, SearchPath, detach};

/// How often another port is tried when somebody takes the one that was free.
const PORT_ATTEMPTS: usize = 3;

/// The server of one project. Nothing is looked at before a method is called.
#[derive(Debug, Clone)]
pub struct LocalServer {
    home: Home,
    search: SearchPath,
    folder: PathBuf,
}

/// Whether there is a server, and whether it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerState {
    /// It runs and lets clients in.
    Running,
    /// It has data and does not run.
    Stopped,
    /// It was never started, or has been destroyed.
    Absent,
}

/// What there is to know about the server of a project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ServerStatus {
    /// Whether it runs.
    pub state: ServerState,
    /// What a start, stop or destroy had to do: false when all was so already.
    pub changed: bool,
    /// The port it has, or had when it last ran.
    pub port: Option<u16>,
    /// The process, while it runs.
    pub pid: Option<i32>,
    /// The major version that made its data.
    pub major: Option<u32>,
    /// Everything it has.
    pub folder: PathBuf,
    /// Its log.
    pub log: PathBuf,
    /// The folder of its socket.
    #[serde(skip)]
    socket_folder: PathBuf,
}

impl ServerStatus {
    /// Where it is, while it runs.
    #[must_use]
    pub fn address(&self) -> Option<Address> {
        let port = self.port.filter(|_| self.state == ServerState::Running)?;
        Some(Address { host: "127.0.0.1".to_owned(), port, socket_folder: self.socket_folder.clone() })
    }
}

/// What is kept beside the data.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Remembered {
    port: Option<u16>,
}

impl LocalServer {
    /// The server of the project in this folder.
    #[must_use]
    pub fn of_project(home: Home, search: SearchPath, project: &Path) -> Self {
        let folder = home.cluster_of(project);
        Self { home, search, folder }
    }

    /// What it is doing. Starts, makes and removes nothing.
    pub fn status(&self) -> Result<ServerStatus> {
        let data = self.data();
        let major = match std::fs::read_to_string(data.join("PG_VERSION")) {
            Ok(text) => text.trim().parse().ok(),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
            Err(error) => return Err(LocalError::io(data)(error)),
        };
        let port = self.remembered()?.port;
        let process = Postmaster::read(&data).filter(|process| process.is_ready && self.is_running(process));
        let state = match (&process, major) {
            (Some(_), _) => ServerState::Running,
            (None, Some(_)) => ServerState::Stopped,
            (None, None) => ServerState::Absent,
        };
        let pid = process.map(|process| process.pid);
        let (folder, log, socket_folder) = (self.folder.clone(), self.log(), self.socket_folder());
        Ok(ServerStatus { state, changed: false, port, pid, major, folder, log, socket_folder })
    }

    /// Starts it, and makes it before if there is none. Does nothing when it runs. Several may try at once.
    pub async fn start(&self, grants: Grants) -> Result<ServerStatus> {
        let account = user::account()?;
        user::check_reachable(&self.folder, account.as_ref())?;
        self.check_length()?;
        let _lock = self.lock().await?;
        postmaster::settle(&self.data()).await?;
        let status = self.status()?;
        if status.state == ServerState::Running {
            refresh_running(&self.home, &self.search, status.major)?;
            return Ok(status);
        }
        let binaries = match status.major {
            Some(major) => Binaries::find_major(major, &self.search).await?,
            None => Binaries::find(&self.search).await?,
        };
        let binaries = Box::pin(equip(&self.home, binaries, account.as_ref())).await?;
        if status.state == ServerState::Absent {
            self.make(&binaries, grants, account.as_ref()).await?;
        }
        self.forget_dead_process()?;
        let mut attempts = PORT_ATTEMPTS;
        loop {
            attempts -= 1;
            match self.launch(&binaries, account.as_ref()).await {
                Err(LocalError::NotStarted { said, .. }) if attempts > 0 && said.contains("in use") => {}
                Err(error) => return Err(error),
                Ok(()) => return Ok(ServerStatus { changed: true, ..self.status()? }),
            }
        }
    }

    /// Stops it and waits until its data is written. Does nothing when it does not run.
    pub async fn stop(&self) -> Result<ServerStatus> {
        if self.status()?.state == ServerState::Absent {
            return self.status();
        }
        let _lock = self.lock().await?;
        let changed = self.halt().await?;
        Ok(ServerStatus { changed, ..self.status()? })
    }

    /// Stops it and removes its data for good.
    pub async fn destroy(&self) -> Result<ServerStatus> {
        if !self.folder.exists() {
            return self.status();
        }
        let _lock = self.lock().await?;
        self.halt().await?;
        let (folder, going) = (self.folder.clone(), self.folder.with_extension("going"));
        blocking(move || {
            // By a rename first: a crash in the middle must not leave half a data folder under the name of a whole one.
            // What it does leave goes with the next time.
            if going.exists() {
                std::fs::remove_dir_all(&going).map_err(LocalError::io(&going))?;
            }
            std::fs::rename(&folder, &going).map_err(LocalError::io(&folder))?;
            std::fs::remove_dir_all(&going).map_err(LocalError::io(&going))
        })
        .await?;
        Ok(ServerStatus { changed: true, ..self.status()? })
    }

    async fn make(&self, binaries: &Binaries, grants: Grants, account: Option<&Account>) -> Result<()> {
        let template = template(&self.home, binaries, grants, account).await?;
        user::private_folder(&self.folder, account)?;
        let (partial, data) = (self.folder.join("data.partial"), self.data());
        let owner = account.cloned();
        blocking(move || {
            if partial.exists() {
                std::fs::remove_dir_all(&partial).map_err(LocalError::io(&partial))?;
            }
            copy_folder(&template, &partial, owner.as_ref())?;
            std::fs::rename(&partial, &data).map_err(LocalError::io(&data))
        })
        .await
    }

    async fn launch(&self, binaries: &Binaries, account: Option<&Account>) -> Result<()> {
        let (data, log, socket_folder) = (self.data(), self.log(), self.socket_folder());
        let port = match port::choose(self.remembered()?.port, port::is_free) {
            Some(port) => port,
            None => port::any()?,
        };
        self.remember(&Remembered { port: Some(port) })?;
        user::private_folder(&socket_folder, account)?;
        let durability = Durability::Durable;
        let configuration =
            Configuration { port, tcp: true, socket_folder: &socket_folder, durability, tls: None };
        configuration.write(&data, account)?;
        // What was said before has nothing to do with whether it starts now.
        std::fs::write(&log, "").map_err(LocalError::io(&log))?;
        user::give(&log, account)?;

        let ended = detach(&postgres(binaries, &data, account), &log)?;
        postmaster::wait_until_ready(&data, &log, super::cluster::end_of(ended)?).await
    }

    async fn halt(&self) -> Result<bool> {
        let data = self.data();
        let Some(process) = Postmaster::read(&data).filter(|process| self.is_running(process)) else {
            return Ok(false);
        };
        postmaster::ask_to_stop(process.pid)?;
        postmaster::wait_until_gone(&data, process.pid).await?;
        Ok(true)
    }

    /// Removes what a crash has left: after a restart of the machine the process number in those files may be somebody
    /// else's, and the server would take that for another server on the same data. Only under the lock.
    fn forget_dead_process(&self) -> Result<()> {
        let (data, socket_folder) = (self.data(), self.socket_folder());
        if Postmaster::read(&data).is_some_and(|process| self.is_running(&process)) {
            return Ok(());
        }
        let path = data.join("postmaster.pid");
        for removed in [std::fs::remove_file(&path), std::fs::remove_dir_all(&socket_folder)] {
            match removed {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(LocalError::io(&self.folder)(error));
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// A server of this folder answers at its socket, or is at least a process working in its data.
    fn is_running(&self, process: &Postmaster) -> bool {
        process.is_alive(&self.data()) || self.answers()
    }

    fn answers(&self) -> bool {
        #[cfg(unix)]
        if let Ok(Remembered { port: Some(port) }) = self.remembered() {
            let socket = self.socket_folder().join(format!(".s.PGSQL.{port}"));
            return std::os::unix::net::UnixStream::connect(socket).is_ok();
        }
        false
    }

    fn remembered(&self) -> Result<Remembered> {
        let path = self.folder.join("server.json");
        match std::fs::read(&path) {
            // A file of another version, or half of one, only means that another port may be chosen.
            Ok(text) => Ok(serde_json::from_slice(&text).unwrap_or_default()),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Remembered::default()),
            Err(error) => Err(LocalError::io(path)(error)),
        }
    }

    fn remember(&self, remembered: &Remembered) -> Result<()> {
        let path = self.folder.join("server.json");
        let text = serde_json::json!(remembered).to_string();
        std::fs::write(&path, text).map_err(LocalError::io(&path))
    }

    /// One that starts, stops or destroys at a time. Beside the folder, so that the folder can go.
    async fn lock(&self) -> Result<std::fs::File> {
        let path = self.folder.with_extension("lock");
        let parent = path.parent().unwrap_or(Path::new("/"));
        std::fs::create_dir_all(parent).map_err(LocalError::io(parent))?;
        lock(path).await
    }

    fn check_length(&self) -> Result<()> {
        let path = self.socket_folder();
        if path.as_os_str().len() <= SOCKET_FOLDER_LIMIT {
            return Ok(());
        }
        let what = "too long a path for a socket; set `CRMCTL_HOME` to a shorter one".into();
        Err(LocalError::Folder { path, what })
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn log(&self) -> PathBuf {
        self.folder.join("log")
    }

    fn socket_folder(&self) -> PathBuf {
        self.folder.join("run")
    }
}
