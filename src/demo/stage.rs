//! Where the demo plays: a project in a folder of its own, and two servers that know nothing of each other.

use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::environment::{EnvironmentName, Project};
use crate::error::Result;
use crate::init;
use crate::local::{Cluster, ClusterOptions, Grants, Home, LocalServer};
use crate::tools::SearchPath;

/// What the demo plays on. Dropping it takes everything away, unless it is to be kept.
pub(crate) struct Stage {
    /// The project.
    pub(crate) project: Project,
    /// Version of the servers.
    pub(crate) server: String,
    _servers: Servers,
    _folder: Option<TempDir>,
}

/// The servers vanish with the program that holds them; kept ones do not.
enum Servers {
    Throwaway { _both: Box<[Cluster; 2]> },
    Kept,
}

impl Stage {
    /// Starts both servers and writes the project.
    pub(crate) async fn build(home: Home, search: SearchPath, keep: bool) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("crmctl-demo-")
            .tempdir()
            .map_err(|error| anyhow::Error::new(error).context("cannot make a folder for the demo"))?;
        let (servers, urls, server) =
            if keep { kept(home, search, folder.path()).await? } else { throwaway(home, search).await? };
        write_project(folder.path(), &urls)?;
        let project = Project::find(Some(folder.path()), folder.path())?;
        let folder = if keep {
            // From here on the folder is the user's.
            let _: PathBuf = folder.keep();
            None
        } else {
            Some(folder)
        };
        Ok(Self { project, server, _servers: servers, _folder: folder })
    }

    /// The name of the environment that plays the developer's machine.
    pub(crate) fn local(&self) -> EnvironmentName {
        self.project.sync.from.clone()
    }

    /// The name of the environment that plays production.
    pub(crate) fn cloud(&self) -> EnvironmentName {
        self.project.sync.to.clone()
    }
}

type Built = (Servers, [String; 2], String);

async fn throwaway(home: Home, search: SearchPath) -> Result<Built> {
    let options = ClusterOptions::new(home, search);
    let local = Cluster::throwaway(&options).await?;
    let cloud = Cluster::throwaway(&options).await?;
    let urls = [local.postgres_url("postgres"), cloud.postgres_url("postgres")];
    let server = local.binaries().version.clone();
    Ok((Servers::Throwaway { _both: Box::new([local, cloud]) }, urls, server))
}

async fn kept(home: Home, search: SearchPath, folder: &Path) -> Result<Built> {
    let mut urls = Vec::new();
    let mut major = None;
    for name in ["local", "cloud"] {
        let project = folder.join(name);
        std::fs::create_dir(&project)
            .map_err(|error| anyhow::Error::new(error).context("cannot make a folder"))?;
        let server = LocalServer::of_project(home.clone(), search.clone(), &project);
        let status = server.start(Grants::default()).await?;
        let address =
            status.address().ok_or_else(|| anyhow::anyhow!("the server ended right after its start"))?;
        urls.push(address.postgres_url("postgres"));
        major = status.major;
    }
    let cloud = urls.pop().unwrap_or_default();
    let local = urls.pop().unwrap_or_default();
    Ok((Servers::Kept, [local, cloud], major.map_or_else(String::new, |major| major.to_string())))
}

/// The project: crmctl's own CRM schema, and a `crmctl.toml` in which `cloud` is protected like a real one.
fn write_project(folder: &Path, [local, cloud]: &[String; 2]) -> Result<()> {
    let config = format!(
        "[project]\nname = \"demo\"\n\n[environments.local]\nurl = \"{local}\"\n\n\
         [environments.cloud]\nurl = \"{cloud}\"\nprotection = \"protected\"\n"
    );
    let write = || -> std::io::Result<()> {
        std::fs::write(folder.join("crmctl.toml"), config)?;
        std::fs::create_dir(folder.join("migrations"))?;
        for (name, text) in init::crm_migrations() {
            std::fs::write(folder.join("migrations").join(name), text)?;
        }
        Ok(())
    };
    write().map_err(|error| anyhow::Error::new(error).context("cannot write the demo's project").into())
}
