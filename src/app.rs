#![expect(clippy::disallowed_methods, reason = "the clock is read here and nowhere else")]
//! What a command may use. Built once, handed to every command.

use std::cell::RefCell;
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::cancel::Cancel;
use crate::environment::{
    self, DatabaseUrl, EnvFile, Environment, EnvironmentName, Origin, Project, Protection, Secret, Variables,
    vars,
};
use crate::error::{ExitStatus, Failure, Result};
use crate::global::GlobalArgs;
use crate::guard::{self, Answers, Approved};
use crate::lint::{Finding, Severity};
use crate::local::{self, Grants, Home, LocalServer};
use crate::mask;
use crate::pg::blockers;
use crate::pg::{Session, Target};
use crate::plan::{Hazard, Plan, Progress, Render};
use crate::seed::{Seeding, What};
use crate::sync::Intent;
use crate::tools::SearchPath;
use crate::ui::{Annotation, Ask, Bars, Printer, Prompt};

/// Everything a command may use.
pub(crate) struct App {
    /// The project the user stands in.
    pub(crate) project: Project,
    /// The only way to say something.
    pub(crate) printer: Printer,
    /// Raised when the user asks to stop.
    pub(crate) cancel: Cancel,
    /// The variables of the process.
    pub(crate) variables: Variables,
    bars: Bars,
    prompt: Prompt,
    global: GlobalArgs,
    command: &'static str,
    started_at: DateTime<Utc>,
    /// Every database that the command went to.
    targets: RefCell<Vec<Target>>,
}

impl App {
    /// Finds the project and reads what all commands need. Touches no database.
    pub(crate) fn new(
        global: GlobalArgs,
        command: &'static str,
        printer: Printer,
        cancel: Cancel,
    ) -> Result<Self> {
        let variables = Variables::of_process();
        let cwd = std::env::current_dir()
            .map_err(|error| anyhow::Error::new(error).context("cannot tell the current folder"))?;
        let project = Project::find(global.project.as_deref(), &cwd)?.seen_from(&cwd);
        let bars = printer.progress();
        Ok(Self {
            project,
            printer,
            cancel,
            variables,
            bars,
            prompt: Prompt,
            global,
            command,
            started_at: Utc::now(),
            targets: RefCell::default(),
        })
    }

    /// What a name on the command line means: which database, and how dangerous.
    pub(crate) fn environment(&self, name: &EnvironmentName) -> Result<Environment> {
        self.printer.about(name.as_str());
        let environment = self.resolve(name)?.guarded_like(&self.others(name));
        for warning in &environment.warnings {
            self.printer.warning(warning);
        }
        Ok(environment)
    }

    fn resolve(&self, name: &EnvironmentName) -> Result<Environment> {
        let file = self.env_file(name)?;
        Ok(environment::resolve(&self.project, name, &self.variables, file.as_ref())?)
    }

    /// The project's other environments; those that nothing is known of are none.
    fn others(&self, name: &EnvironmentName) -> Vec<Environment> {
        let others = self.project.environments.keys().filter(|other| *other != name);
        others.filter_map(|other| self.resolve(other).ok()).collect()
    }

    /// The file that `--env-file` names.
    #[must_use]
    pub(crate) fn named_env_file(&self) -> Option<&Path> {
        self.global.env_file.as_deref()
    }

    /// The file with an environment's variables, if there is one.
    pub(crate) fn env_file(&self, name: &EnvironmentName) -> Result<Option<EnvFile>> {
        match (&self.global.env_file, environment::env_file_of(&self.project, name)) {
            (Some(path), _) => Ok(Some(EnvFile::read_named(path)?)),
            (None, Some(file)) => Ok(EnvFile::read(&self.project.root.join(file), file)?),
            (None, None) => Ok(None),
        }
    }

    /// What is to be seeded into an environment, from the project's seeds and the environment's variables.
    pub(crate) fn seeding(&self, environment: &Environment, what: What, scale: u32) -> Result<Seeding> {
        let file = self.env_file(&environment.name)?;
        let variable = |name: &str| {
            environment::look_up(name, &self.variables, file.as_ref()).map(|(value, _)| value.to_owned())
        };
        Seeding::resolve(&self.project.seeds, &variable, environment.protection, (what, scale))
    }

    /// The key that rows of an environment are masked with: a variable, or the project's own. Who only looks makes none.
    pub(crate) fn mask_key(&self, environment: &Environment, intent: Intent) -> Result<Option<Secret>> {
        let file = self.env_file(&environment.name)?;
        let given = environment::look_up(vars::CRMCTL_MASK_KEY, &self.variables, file.as_ref());
        let given = given.map(|(value, _)| value);
        match intent {
            Intent::Look => mask::known_key(&self.project.root, given),
            Intent::Overwrite => mask::key(&self.project.root, given).map(Some),
        }
    }

    /// The address of an environment. A managed one that does not run is started.
    pub(crate) async fn target(&self, environment: &Environment) -> Result<Target> {
        let url = match &environment.origin {
            Origin::Url { url, .. } => (**url).clone(),
            Origin::Managed => self.managed_url().await?,
        };
        let target = Target {
            environment: environment.name.clone(),
            url,
            application_name: format!("crmctl {}", self.command),
        };
        self.targets.borrow_mut().push(target.clone());
        Ok(target)
    }

    /// A failure of the command as a whole, with who was in its way if somebody was.
    pub(crate) async fn explained(&self, failure: Failure) -> Failure {
        let targets = self.targets.take();
        blockers::name_at_end(&targets, failure).await
    }

    /// A session that reads.
    pub(crate) async fn connect(&self, environment: &Environment) -> Result<Session> {
        let target = self.target(environment).await?;
        Ok(Session::open(&target, &self.cancel).await?)
    }

    /// Whether nobody will be asked for consent: it is not needed, was given beforehand, or there is nobody to ask.
    pub(crate) fn asks_nobody(&self, environment: &Environment) -> bool {
        environment.protection == Protection::Open
            || self.global.confirm.is_some()
            || !self.prompt.is_terminal()
    }

    /// Shows what is about to be done and to whom, and asks for the consent it needs.
    pub(crate) fn approve<P: Plan>(&self, plan: P, environment: &Environment) -> Result<Approved<P>> {
        let hazards = plan.hazards();
        let consent = guard::required(environment, &hazards, plan.phrase());
        if consent != guard::Consent::None {
            self.show_target(environment, &hazards);
        }
        let answers = Answers {
            yes: self.global.yes,
            confirm: self.global.confirm.as_deref(),
            ask: self.prompt.is_terminal().then_some(&self.prompt as &dyn Ask),
        };
        guard::approve(plan, environment, &answers)
    }

    /// The same without a word: the demo tells in its own words what it does to its own servers.
    pub(crate) fn approve_quietly<P: Plan>(&self, plan: P, environment: &Environment) -> Result<Approved<P>> {
        guard::approve(
            plan,
            environment,
            &Answers { yes: false, confirm: self.global.confirm.as_deref(), ask: None },
        )
    }

    /// The same program on the demo's project, whose protected environment it may change.
    pub(crate) fn on_stage(&self, project: Project) -> Self {
        let confirm = Some(project.sync.to.to_string());
        Self {
            global: GlobalArgs { confirm, env_file: None, ..self.global.clone() },
            project,
            printer: self.printer.clone(),
            cancel: self.cancel.clone(),
            // What points at databases of the user's must not find its way into the demo.
            variables: self.variables.only(&[
                vars::PATH,
                vars::CRMCTL_HOME,
                vars::CRMCTL_PG_BIN,
                vars::HOME,
                vars::XDG_DATA_HOME,
            ]),
            bars: self.printer.progress(),
            prompt: Prompt,
            command: self.command,
            started_at: self.started_at,
            targets: RefCell::default(),
        }
    }

    /// Whose database it is, and what it will lose.
    fn show_target(&self, environment: &Environment, hazards: &[Hazard]) {
        let style = self.printer.style();
        let mut text =
            style.attention(&format!("`{}` is {}", environment.name, environment.protection.word()));
        if let Some(url) = environment.url() {
            text += &format!("\n  host      {}:{}\n  database  {}", url.host(), url.port(), url.database());
        }
        if let Some(project) = environment.project_ref() {
            text += &format!("\n  project   {project}");
        }
        for hazard in hazards {
            text += &format!("\n  {hazard}");
        }
        self.printer.notice(&text);
    }

    /// Asks for a yes that no environment stands behind: installing a package.
    pub(crate) fn agree(&self, question: &str) -> Result<bool> {
        Ok(self.global.yes || (self.prompt.is_terminal() && self.prompt.yes_no(question)?))
    }

    /// The answer of the command.
    pub(crate) fn report<R: Serialize + Render>(
        &self,
        outcome: ExitStatus,
        environment: Option<&Environment>,
        report: &R,
    ) -> Result<ExitStatus> {
        let environment = environment.map(|environment| environment.name.as_str());
        self.printer.report(self.command, environment, outcome, report)?;
        Ok(outcome)
    }

    /// Findings as remarks on lines of files, where GitHub Actions shows them.
    pub(crate) fn annotate(&self, findings: &[Finding]) -> Result<()> {
        let is_shown = |finding: &&Finding| finding.severity > Severity::Note;
        let annotations: Vec<Annotation> =
            findings.iter().filter(is_shown).map(Finding::annotation).collect();
        self.printer.annotate(&annotations)
    }

    /// Where progress is told.
    #[must_use]
    pub(crate) fn progress(&self) -> &dyn Progress {
        &self.bars
    }

    /// When the command was started: everything it names by a time has the same one.
    #[must_use]
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.started_at
    }

    /// The server that crmctl runs for this project.
    #[must_use]
    pub(crate) fn local_server(&self) -> LocalServer {
        LocalServer::of_project(self.home(), self.search_path(), &self.project.root)
    }

    async fn managed_url(&self) -> Result<DatabaseUrl> {
        let server = self.local_server();
        let managed = local::ensure_running(&server, Grants::default(), &self.cancel, &self.bars).await?;
        Ok(managed.url())
    }

    /// The folder of crmctl's own on this machine.
    #[must_use]
    pub(crate) fn home(&self) -> Home {
        Home::of(&self.variables)
    }

    /// Where programs are looked for.
    #[must_use]
    pub(crate) fn search_path(&self) -> SearchPath {
        SearchPath::of(&self.variables)
    }
}
