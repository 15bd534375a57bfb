//! The demo as it is told: scene after scene, and a report at the end.

use std::time::{Duration, Instant};

use serde::Serialize;

use crate::plan::Render;
use crate::ui::{Printer, Style, duration};

/// One scene that was played.
#[derive(Debug, Clone, Serialize)]
pub struct Scene {
    /// What it shows.
    pub title: &'static str,
    /// What was seen.
    pub told: String,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
}

/// Everything the demo showed.
#[derive(Clone, Serialize)]
pub struct Story {
    /// In order.
    pub scenes: Vec<Scene>,
    /// How long all of it took, in milliseconds.
    pub duration_ms: u64,
    /// Where everything is kept, if it is.
    pub kept: Option<String>,
    #[serde(skip)]
    began: Instant,
    #[serde(skip)]
    scene_began: Instant,
    #[serde(skip)]
    printer: Printer,
}

impl Story {
    /// A story that begins now.
    pub(crate) fn begin(printer: Printer) -> Self {
        let now = Instant::now();
        printer.notice("crmctl demo: one job from end to end, on two real PostgreSQL servers");
        Self { scenes: Vec::new(), duration_ms: 0, kept: None, began: now, scene_began: now, printer }
    }

    /// Tells a scene that was played since the last one.
    pub(crate) fn tell(&mut self, title: &'static str, told: impl Into<String>) {
        let took = self.scene_began.elapsed();
        let style = self.printer.style();
        let told = told.into();
        let number = self.scenes.len() + 1;
        let head = format!("{number:>2}. {title}");
        self.printer.notice(&format!(
            "\n{} {}\n    {told}",
            style.strong(&head),
            style.faint(&format!("({})", duration(took)))
        ));
        self.scenes.push(Scene { title, told, duration_ms: milliseconds(took) });
        self.scene_began = Instant::now();
    }

    /// The end of it.
    pub(crate) fn end(mut self, kept: Option<String>) -> Self {
        self.duration_ms = milliseconds(self.began.elapsed());
        self.kept = kept;
        self.printer.notice("");
        self
    }
}

fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

impl Render for Story {
    fn render(&self, style: &Style) -> String {
        let time = duration(Duration::from_millis(self.duration_ms));
        let end = match &self.kept {
            None => "Nothing of it is left on this machine.".to_owned(),
            Some(folder) => format!(
                "Everything is kept. Look around with `crmctl --project {folder} verify`, and take it away with\n  \
                 crmctl --project {folder}/local local destroy; crmctl --project {folder}/cloud local destroy; rm -r {folder}"
            ),
        };
        format!(
            "{} {} scenes in {time}: migrated, seeded, synced, verified, damaged and healed, backed up, deployed, restored.\n{end}\n\
             Next: `crmctl init` in your own project.",
            style.good("done"),
            self.scenes.len()
        )
    }
}
