//! One environment: where it is, whether it answers, and what it says of itself.

use std::time::Duration;

use crate::cancel::Cancel;
use crate::doctor::judge::{self, Reached};
use crate::doctor::{Check, Facts, Group, Machine};
use crate::environment::{
    DatabaseUrl, EnvFile, Environment, EnvironmentName, Origin, Project, ResolveError, Variables, resolve,
};
use crate::error::{Failure, Result};
use crate::local::{
    DEFAULT_PORT, LocalServer, ServerState, ServerStatus, answers_postgres, own_url, supabase_cli,
};
use crate::migration::Directory;
use crate::pg::{Session, Target};

/// Longer than this nobody waits for a dead host among living ones.
const PATIENCE: Duration = Duration::from_secs(20);

/// An environment, or why its name means nothing yet.
#[derive(Debug)]
pub struct Subject {
    /// What it is called.
    pub name: EnvironmentName,
    /// Which database it is.
    pub environment: Result<Environment>,
}

impl Subject {
    /// Finds out which database a name means. `file` is what was read of the environment's variables.
    #[must_use]
    pub fn of(
        project: &Project,
        name: &EnvironmentName,
        variables: &Variables,
        file: Result<Option<EnvFile>>,
    ) -> Self {
        let environment = file.and_then(|file| Ok(resolve(project, name, variables, file.as_ref())?));
        Self { name: name.clone(), environment }
    }
}

/// What every environment is examined with.
pub(super) struct Ward<'a> {
    /// The programs of this machine.
    pub(super) machine: &'a Machine,
    /// The server that crmctl runs for the project.
    pub(super) server: &'a LocalServer,
    /// The migrations, if their folder can be read.
    pub(super) directory: Option<&'a Directory>,
    /// Raised when the user asks to stop.
    pub(super) cancel: &'a Cancel,
}

/// Looks at one environment. Never fails: what goes wrong is what it finds. Starts no server.
pub(super) async fn examine(subject: &Subject, ward: &Ward<'_>) -> Group {
    let title = format!("environment {}", subject.name);
    let mut checks = Vec::new();
    match &subject.environment {
        Err(failure) => checks.push(unresolved(failure)),
        Ok(environment) => {
            let url = match &environment.origin {
                Origin::Url { url, source, .. } => {
                    checks.push(Check::ok("address", format!("`{url}`, from {source}")));
                    Some((**url).clone())
                }
                Origin::Managed => managed(&mut checks, ward).await,
            };
            checks.push(Check::ok("protection", environment.protection.word()));
            // That a file is open to others is told where the files are.
            let warnings = environment.warnings.iter().filter(|warning| !warning.contains("chmod"));
            checks.extend(warnings.map(|warning| Check::warning("address", warning)));
            if let Some(url) = url {
                checks.extend(reach(&subject.name, url, ward).await);
            }
        }
    }
    Group { title, checks }
}

/// A variable that is not set is how a new project looks; anything else wrong with a URL is a mistake.
fn unresolved(failure: &Failure) -> Check {
    let check = Check::failed("address", failure);
    match failure.error().downcast_ref::<ResolveError>() {
        Some(ResolveError::Missing { .. }) => check.mildly(),
        _ => check,
    }
}

/// Whether the project's own server runs, and its URL if it does.
async fn managed(checks: &mut Vec<Check>, ward: &Ward<'_>) -> Option<DatabaseUrl> {
    let status = match ward.server.status() {
        Ok(status) => status,
        Err(error) => {
            checks.push(Check::error("address", &error));
            return None;
        }
    };
    if status.state == ServerState::Absent
        && let Some(url) = supabase_cli(ward.cancel).await
    {
        checks.push(Check::ok("address", format!("the Supabase CLI's stack on port {DEFAULT_PORT}")));
        return Some(url);
    }
    let Some(address) = status.address() else {
        let is_taken = answers_postgres(status.port.unwrap_or(DEFAULT_PORT)).await;
        checks.push(resting(&status, ward.machine, is_taken));
        return None;
    };
    let pid = status.pid.map(|pid| format!(", process {pid}")).unwrap_or_default();
    checks.push(Check::ok("address", format!("crmctl's own server, port {}{pid}", address.port)));
    own_url(&address.postgres_url("postgres")).ok()
}

/// A server that does not run: whether it could.
fn resting(status: &ServerStatus, machine: &Machine, is_taken: bool) -> Check {
    let name = "address";
    let port = status.port.unwrap_or(DEFAULT_PORT);
    let other = if is_taken {
        format!("; another server has port {port}, so it will take the next free one")
    } else {
        String::new()
    };
    match status.major {
        None => Check::ok(
            name,
            format!("crmctl's own server; none yet, the first command that needs it makes it{other}"),
        ),
        Some(major) if machine.servers.iter().all(|server| server.major != major) => {
            let help =
                format!("install PostgreSQL {major} again, or `crmctl local destroy`: its data is lost then");
            let what = format!(
                "crmctl's own server was made by PostgreSQL {major}, which is not installed any more"
            );
            Check::problem(name, what).with_help(help)
        }
        Some(major) => Check::ok(
            name,
            format!(
                "crmctl's own server, PostgreSQL {major}; stopped, the first command that needs it starts it{other}"
            ),
        ),
    }
}

/// Connects once and asks.
async fn reach(name: &EnvironmentName, url: DatabaseUrl, ward: &Ward<'_>) -> Vec<Check> {
    let application_name = "crmctl doctor".to_owned();
    let target = Target { environment: name.clone(), url, application_name };
    let asking = async {
        let mut session = Session::open(&target, ward.cancel).await?;
        let facts = Facts::read(&mut session).await;
        session.close().await;
        facts
    };
    let facts = match tokio::time::timeout(PATIENCE, asking).await {
        Ok(Ok(facts)) => facts,
        Ok(Err(error)) => return vec![Check::error("connection", &error)],
        Err(_) => {
            let what = format!("no answer within {} seconds", PATIENCE.as_secs());
            let help = "is the host right, and is there a firewall in between?";
            return vec![Check::problem("connection", what).with_help(help)];
        }
    };
    let reached = Reached { environment: name, url: &target.url, directory: ward.directory };
    let mut checks = judge::checks(&reached, &facts);
    checks.push(ward.machine.check_for(facts.major));
    checks
}
