//! Colours. Meaning never rests on them.

use crate::environment::{Variables, vars};

/// `--color`
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum ColourChoice {
    /// On a terminal, unless the environment says no
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

impl ColourChoice {
    /// The style of a stream: a flag wins over `NO_COLOR`, that over `CLICOLOR_FORCE`, that over the terminal.
    #[must_use]
    pub fn style(self, is_terminal: bool, variables: &Variables) -> Style {
        let is_coloured = match self {
            Self::Always => true,
            Self::Never => false,
            Self::Auto if variables.get(vars::NO_COLOR).is_some() => false,
            Self::Auto if variables.get(vars::CLICOLOR_FORCE).is_some_and(|value| value != "0") => true,
            Self::Auto => is_terminal && variables.get(vars::TERM) != Some("dumb"),
        };
        if is_coloured { Style::COLOURED } else { Style::PLAIN }
    }
}

/// Whether, and how, text is coloured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Style {
    colour: bool,
}

impl Style {
    /// Text without any escape sequence: for files, snapshots and terminals without colours.
    pub const PLAIN: Self = Self { colour: false };
    /// Text with ANSI colours.
    pub const COLOURED: Self = Self { colour: true };

    fn paint(self, text: &str, style: console::Style) -> String {
        if self.colour { style.force_styling(true).apply_to(text).to_string() } else { text.to_owned() }
    }

    /// Good: applied, equal, running.
    #[must_use]
    pub fn good(self, text: &str) -> String {
        self.paint(text, console::Style::new().green())
    }

    /// Bad: failed, differs.
    #[must_use]
    pub fn bad(self, text: &str) -> String {
        self.paint(text, console::Style::new().red().bold())
    }

    /// Worth a second look: pending, hazards, warnings.
    #[must_use]
    pub fn attention(self, text: &str) -> String {
        self.paint(text, console::Style::new().yellow())
    }

    /// Headings and names.
    #[must_use]
    pub fn strong(self, text: &str) -> String {
        self.paint(text, console::Style::new().bold())
    }

    /// Side remarks.
    #[must_use]
    pub fn faint(self, text: &str) -> String {
        self.paint(text, console::Style::new().dim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn auto(is_terminal: bool, pairs: &[(&str, &str)]) -> bool {
        let variables: Variables = pairs.iter().copied().collect();
        ColourChoice::Auto.style(is_terminal, &variables) == Style::COLOURED
    }

    #[test]
    fn colours_are_for_terminals_unless_the_environment_says_otherwise() {
        assert!(auto(true, &[]) && !auto(false, &[]));
        assert!(!auto(true, &[("NO_COLOR", "1")]) && !auto(true, &[("TERM", "dumb")]));
        assert!(auto(false, &[("CLICOLOR_FORCE", "1")]) && !auto(false, &[("CLICOLOR_FORCE", "0")]));
        assert!(!auto(false, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]));
    }

    #[test]
    fn the_flag_wins_over_everything() {
        let variables: Variables = [("NO_COLOR", "1")].into_iter().collect();

        assert_eq!(ColourChoice::Always.style(false, &variables), Style::COLOURED);
        assert_eq!(ColourChoice::Never.style(true, &Variables::default()), Style::PLAIN);
    }
}
