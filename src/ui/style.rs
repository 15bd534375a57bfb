//! Colours. Meaning never rests on them.

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
