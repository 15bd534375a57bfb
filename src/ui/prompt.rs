//! Questions to the person at the terminal.
#![expect(clippy::disallowed_methods, reason = "this is where crmctl asks")]

use std::io::{self, IsTerminal as _};

use console::Term;
use dialoguer::theme::SimpleTheme;
use dialoguer::{Confirm, Input};

use crate::error::{Explain, Kind};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// Ctrl-C.
    #[error("interrupted at a question; nothing was changed")]
    Interrupted,
    /// Nobody is there to be asked.
    #[error("there is no terminal to ask at")]
    NoTerminal,
    /// The terminal does not work.
    #[error("cannot ask at the terminal")]
    Terminal(#[source] io::Error),
}

impl Explain for PromptError {
    fn kind(&self) -> Kind {
        match self {
            Self::Interrupted => Kind::Interrupted,
            Self::NoTerminal => Kind::Refused,
            Self::Terminal(_) => Kind::Failed,
        }
    }
}

/// Whoever answers questions: a person, or a test.
pub trait Ask {
    /// Whether there is anybody to be asked.
    fn is_terminal(&self) -> bool;

    /// A question to be answered with y or n; just Enter means no.
    fn yes_no(&self, question: &str) -> Result<bool, PromptError>;

    /// A question to be answered with a word, given without the spaces around it.
    fn typed(&self, question: &str) -> Result<String, PromptError>;
}

/// Asks at the terminal: on stderr, so that stdout holds the answer and nothing else.
#[derive(Debug, Clone, Copy, Default)]
pub struct Prompt;

impl Ask for Prompt {
    fn is_terminal(&self) -> bool {
        io::stdin().is_terminal() && io::stderr().is_terminal()
    }

    fn yes_no(&self, question: &str) -> Result<bool, PromptError> {
        self.check()?;
        // With Enter, for otherwise the Enter after a `y` would answer the next question.
        let confirm =
            Confirm::with_theme(&SimpleTheme).with_prompt(question).default(false).wait_for_newline(true);
        confirm.interact_on(&Term::stderr()).map_err(error_of)
    }

    fn typed(&self, question: &str) -> Result<String, PromptError> {
        self.check()?;
        // Read key by key: only then Ctrl-C ends the question while a handler for SIGINT is installed.
        let input = Input::<String>::with_theme(&SimpleTheme).with_prompt(question).allow_empty(true);
        let answer = input.interact_text_on(&Term::stderr()).map_err(error_of)?;
        Ok(answer.trim().to_owned())
    }
}

impl Prompt {
    fn check(self) -> Result<(), PromptError> {
        if self.is_terminal() { Ok(()) } else { Err(PromptError::NoTerminal) }
    }
}

fn error_of(error: dialoguer::Error) -> PromptError {
    let dialoguer::Error::IO(error) = error;
    if error.kind() == io::ErrorKind::Interrupted {
        // The question hid the cursor and was torn from the terminal; without it the shell would stay like that.
        let _ = Term::stderr().show_cursor();
        return PromptError::Interrupted;
    }
    PromptError::Terminal(error)
}

/// Answers written down beforehand: for tests of what is asked.
#[cfg(test)]
#[derive(Debug, Default)]
pub(crate) struct Answers {
    answers: std::sync::Mutex<std::collections::VecDeque<String>>,
    /// What was asked.
    pub(crate) asked: std::sync::Mutex<Vec<String>>,
}

#[cfg(test)]
impl Answers {
    /// Gives these answers, one a question; none at all means that there is no terminal.
    pub(crate) fn of(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| (*answer).to_owned()).collect();
        Self { answers: std::sync::Mutex::new(answers), asked: std::sync::Mutex::default() }
    }

    fn answer(&self, question: &str) -> Result<String, PromptError> {
        self.asked.lock().unwrap().push(question.to_owned());
        self.answers.lock().unwrap().pop_front().ok_or(PromptError::NoTerminal)
    }
}

#[cfg(test)]
impl Ask for Answers {
    fn is_terminal(&self) -> bool {
        !self.answers.lock().unwrap().is_empty()
    }

    fn yes_no(&self, question: &str) -> Result<bool, PromptError> {
        self.answer(question).map(|answer| answer == "y")
    }

    fn typed(&self, question: &str) -> Result<String, PromptError> {
        self.answer(question).map(|answer| answer.trim().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_terminal_nobody_is_asked() {
        if Prompt.is_terminal() {
            return; // Run by hand at a terminal, where this would wait for an answer.
        }
        assert!(matches!(Prompt.typed("name?"), Err(PromptError::NoTerminal)));
        assert_eq!(PromptError::NoTerminal.kind(), Kind::Refused);
    }

    #[test]
    fn ctrl_c_at_a_question_is_an_interruption() {
        let error = error_of(dialoguer::Error::IO(io::ErrorKind::Interrupted.into()));

        assert_eq!(error.kind(), Kind::Interrupted);
    }

    #[test]
    fn written_answers_are_given_in_turn() {
        let answers = Answers::of(&["y", " cloud "]);

        assert!(answers.is_terminal() && answers.yes_no("sure?").unwrap());
        assert_eq!(answers.typed("name?").unwrap(), "cloud");
        assert!(!answers.is_terminal());
        assert_eq!(*answers.asked.lock().unwrap(), ["sure?", "name?"]);
    }
}
