#![expect(clippy::disallowed_methods, reason = "the clock is read here and nowhere else")]
//! What a command may use. Built once, handed to every command.

use std::path::PathBuf;

use chrono::{DateTime, Utc};

use crate::cancel::Cancel;
use crate::cli::GlobalArgs;
use crate::environment::{self, EnvFile, Environment, EnvironmentName, Origin, Project, Variables, vars};
use crate::error::Result;
use crate::guard::{self, Answers, Approved};
use crate::local;
use crate::pg::{Session, Target};
use crate::plan::{Plan, Progress};
use crate::ui::{Bars, Printer, Prompt};

/// Everything a command may use.
pub struct App {
    /// The project the user stands in.
    pub project: Project,
    /// The only way to say something.
    pub printer: Printer,
    /// Raised when the user asks to stop.
    pub cancel: Cancel,
    /// The variables of the process.
    pub variables: Variables,
    bars: Bars,
    prompt: Prompt,
    global: GlobalArgs,
    command: &'static str,
}

impl App {
    /// Finds the project and reads what all commands need. Touches no database.
    pub fn new(global: GlobalArgs, command: &'static str, printer: Printer, cancel: Cancel) -> Result<Self> {
        let variables = Variables::of_process();
        let cwd = std::env::current_dir()
            .map_err(|error| anyhow::Error::new(error).context("cannot tell the current folder"))?;
        let project = Project::find(global.project.as_deref(), &cwd)?;
        let bars = Bars::new(&printer);
        Ok(Self { project, printer, cancel, variables, bars, prompt: Prompt::new(), global, command })
    }

    /// What a name on the command line means: which database, and how dangerous.
    pub fn environment(&self, name: &EnvironmentName) -> Result<Environment> {
        let file = match (&self.global.env_file, environment::env_file_of(&self.project, name)) {
            (Some(path), _) => Some(EnvFile::read_named(path)?),
            (None, Some(file)) => EnvFile::read(&self.project.root.join(file), file)?,
            (None, None) => None,
        };
        let environment = environment::resolve(&self.project, name, &self.variables, file.as_ref())?;
        for warning in &environment.warnings {
            self.printer.warning(warning);
        }
        Ok(environment)
    }

    /// The address of an environment. A managed one that does not run is started.
    pub async fn target(&self, environment: &Environment) -> Result<Target> {
        let url = match &environment.origin {
            Origin::Url { url, .. } => (**url).clone(),
            Origin::Managed => local::ensure_running(self).await?,
        };
        Ok(Target {
            environment: environment.name.clone(),
            url,
            application_name: format!("crmctl {}", self.command),
        })
    }

    /// A session that reads.
    pub async fn connect(&self, environment: &Environment) -> Result<Session> {
        let target = self.target(environment).await?;
        Ok(Session::open(&target, &self.cancel).await?)
    }

    /// Shows what is about to be done and to whom, and asks for the consent it needs.
    pub fn approve<P: Plan>(&self, plan: P, environment: &Environment) -> Result<Approved<P>> {
        let hazards = plan.hazards();
        let consent = guard::required(environment, &hazards, plan.phrase());
        if consent != guard::Consent::None {
            self.printer.banner(environment, &hazards);
        }
        let answers = Answers {
            yes: self.global.yes,
            confirm: self.global.confirm.as_deref(),
            ask: self.prompt.is_terminal().then_some(&self.prompt as &dyn guard::Ask),
        };
        guard::approve(plan, environment, &answers)
    }

    /// Asks for a yes that no environment stands behind: installing a package.
    pub fn agree(&self, question: &str) -> Result<bool> {
        Ok(self.global.yes || (self.prompt.is_terminal() && guard::Ask::yes_no(&self.prompt, question)?))
    }

    /// Where progress is told.
    #[must_use]
    pub fn progress(&self) -> &dyn Progress {
        &self.bars
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    /// The command as it was typed.
    #[must_use]
    pub fn command(&self) -> &'static str {
        self.command
    }

    /// A folder of crmctl's own on this machine, from `CRMCTL_HOME`.
    #[must_use]
    pub fn home(&self) -> Option<PathBuf> {
        self.variables.get(vars::CRMCTL_HOME).map(PathBuf::from)
    }
}
