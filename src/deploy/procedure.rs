//! A deploy from its start to its end, as the plan that is shown and approved.

use serde::Serialize;

use crate::deploy::gate::Gate;
use crate::deploy::hooks::Hooks;
use crate::deploy::journal::{DeployId, DeployRecord, Standing};
use crate::deploy::plan::DeployPlan;
use crate::deploy::preflight::Preflight;
use crate::migration::{Directory, Step};
use crate::plan::{Fingerprint, Hazard, Plan, Render};
use crate::ui::{Style, bytes, plural};

/// Everything a deploy does, in order.
#[derive(Debug, Clone, Serialize)]
pub struct Procedure {
    /// What the target is like.
    pub preflight: Preflight,
    /// How the gate was passed; none where none is asked for.
    pub gate: Option<Gate>,
    /// The files.
    #[serde(flatten)]
    pub files: DeployPlan,
    /// The commands that are still to run.
    pub hooks: Hooks,
    /// Whether an unfinished deploy is continued, and what of it is there.
    pub resumes: Option<Standing>,
    /// An unfinished deploy that changed nothing, which this one closes.
    pub closes: Option<DeployId>,
    /// Whether somebody wrote a down half for every file.
    pub has_down_halves: bool,
    /// What the journal will say first.
    pub record: DeployRecord,
}

impl Procedure {
    /// Files and nothing around them.
    #[must_use]
    pub fn of_files(files: DeployPlan, record: DeployRecord) -> Self {
        let (preflight, hooks) = (Preflight::default(), Hooks::default());
        Self {
            preflight,
            gate: None,
            files,
            hooks,
            resumes: None,
            closes: None,
            has_down_halves: false,
            record,
        }
    }

    /// Whether a backup is made: not when a part of the files is there, for then it was made before them.
    #[must_use]
    pub fn backs_up(&self) -> bool {
        matches!(self.resumes, None | Some(Standing::Untouched))
    }

    /// Whether the files share one transaction with their checks and the journal.
    #[must_use]
    pub fn is_atomic(&self) -> bool {
        self.backs_up() && self.files.is_atomic()
    }
}

/// Whether somebody wrote what undoes each of these files.
#[must_use]
pub fn have_down_halves(steps: &[Step], directory: &Directory) -> bool {
    steps
        .iter()
        .all(|step| directory.down(&step.file.version).is_some() || step.file.down_section().is_some())
}

impl Plan for Procedure {
    fn hazards(&self) -> Vec<Hazard> {
        let mut hazards = self.files.hazards();
        if !self.hooks.is_empty() {
            let count = self.hooks.before.len() + self.hooks.after.len();
            hazards.push(Hazard::LeavesNoUndo(format!(
                "what {} of the project do",
                plural(count as u64, "command")
            )));
        }
        if hazards.is_empty() && self.resumes.is_some() {
            hazards.push(Hazard::WritesRows("the end of this deploy in the journal".to_owned()));
        }
        hazards
    }

    fn fingerprint(&self) -> &Fingerprint {
        self.files.fingerprint()
    }
}

impl Render for Procedure {
    fn render(&self, style: &Style) -> String {
        let mut lines = self.head(*style);
        if self.files.migrations.is_empty() {
            lines.push("all of its migrations are applied".to_owned());
        } else {
            lines.push(self.files.render(style));
        }
        for (when, commands) in [("before it", &self.hooks.before), ("after it", &self.hooks.after)] {
            lines.extend(
                commands.iter().map(|command| format!("{} {command}", style.strong(&format!("{when}:")))),
            );
        }
        if !self.files.migrations.is_empty() {
            lines.push(self.undo(*style));
        }
        lines.join("\n")
    }
}

impl Procedure {
    fn head(&self, style: Style) -> Vec<String> {
        let mut lines = vec![self.preflight.render(&style)];
        if let Some(gate) = &self.gate {
            let name = &gate.environment;
            lines.push(if gate.asked {
                format!("{} `{name}` has the same files", style.good("gate"))
            } else {
                format!("{} `{name}` is not asked, because that was allowed", style.attention("gate"))
            });
        }
        if let Some(id) = &self.closes {
            lines
                .push(format!("{} deploy {id} changed nothing and is closed", style.attention("unfinished")));
        }
        if self.resumes.is_some() {
            lines.push(format!("{} deploy {}", style.strong("resumes"), self.record.id));
        }
        lines
    }

    fn undo(&self, style: Style) -> String {
        let environment = &self.record.environment;
        let until = if self.is_atomic() { "until it commits, nothing stays; " } else { "" };
        let how = if self.has_down_halves {
            "by the down halves of its files, proved by the hash of the schema"
        } else {
            "by its backup, which loses what was written since, unless every statement has a certain inverse"
        };
        format!(
            "{} {until}afterwards `crmctl deploy rollback --env {environment}` leads back {how}",
            style.strong("undo:")
        )
    }
}

impl Render for Preflight {
    fn render(&self, style: &Style) -> String {
        let identity = &self.identity;
        let mut text = format!(
            "{} {}:{}/{} as {}, PostgreSQL {}, {}",
            style.strong("target"),
            identity.host,
            identity.port,
            identity.database,
            identity.role,
            identity.server_version,
            bytes(identity.bytes)
        );
        if let Some(project) = &identity.project_ref {
            text += &format!(", project {project}");
        }
        let (free, max) = self.connections;
        text += &format!("; {free} of {max} connections free");
        if let Some(free) = self.free_bytes {
            text += &format!("; {} free for the backup", bytes(free));
        }
        for warning in &self.warnings {
            text += &format!("\n{} {warning}", style.attention("warning:"));
        }
        text
    }
}
