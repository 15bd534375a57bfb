//! Consent: what an environment's protection asks for, and the only way to an approved plan.

use crate::environment::{Environment, EnvironmentName, Protection};
use crate::error::{Explain, Kind};
use crate::plan::{Hazard, Plan};
use crate::ui::Ask;

/// A plan somebody has agreed to, for one environment. Has no other constructor than [`approve`].
#[derive(Debug)]
pub struct Approved<P> {
    plan: P,
    environment: EnvironmentName,
}

impl<P> Approved<P> {
    /// What was agreed to.
    #[must_use]
    pub fn plan(&self) -> &P {
        &self.plan
    }

    /// A part of what was agreed to, which is agreed to as well.
    #[must_use]
    pub fn part<Q>(&self, pick: impl FnOnce(&P) -> Q) -> Approved<Q> {
        Approved { plan: pick(&self.plan), environment: self.environment.clone() }
    }

    /// Where it may be carried out.
    #[must_use]
    pub fn environment(&self) -> &EnvironmentName {
        &self.environment
    }
}

/// What must be said before a plan is carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent<'a> {
    /// Nothing.
    None,
    /// A yes, or `--yes`.
    Yes,
    /// This word, typed or given with `--confirm`; `--yes` is not enough.
    Word(&'a str),
}

/// What an environment's protection and a plan's hazards ask for.
#[must_use]
pub fn required<'a>(
    environment: &'a Environment,
    hazards: &[Hazard],
    phrase: Option<&'static str>,
) -> Consent<'a> {
    match (hazards.is_empty(), phrase, environment.protection) {
        (true, _, _) | (false, None, Protection::Open) => Consent::None,
        (false, Some(phrase), _) => Consent::Word(phrase),
        (false, None, Protection::Guarded) => Consent::Yes,
        (false, None, Protection::Protected) => Consent::Word(environment.consent_name().as_str()),
    }
}

/// What was said on the command line, and a way to ask.
pub struct Answers<'a> {
    /// `--yes`.
    pub yes: bool,
    /// `--confirm WORD` or `CRMCTL_CONFIRM`.
    pub confirm: Option<&'a str>,
    /// Somebody to ask, if there is a terminal.
    pub ask: Option<&'a dyn Ask>,
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// There is nobody to ask and nothing was said beforehand.
    #[error("`{environment}` needs consent, and this is no terminal")]
    NobodyToAsk {
        /// Where.
        environment: EnvironmentName,
        /// The flag that would do.
        flag: String,
    },
    /// Another word than the one asked for was given.
    #[error("`{given}` is not `{wanted}`, so nothing was done")]
    WrongWord {
        /// What was given.
        given: String,
        /// What was wanted.
        wanted: String,
    },
    /// Rows would be replaced, and that was not said beforehand.
    #[error("this would overwrite `{0}`, so it wants `--force`")]
    NotForced(EnvironmentName),
    /// The answer was no.
    #[error("not confirmed, so nothing was done")]
    Declined,
}

impl Explain for Refusal {
    fn kind(&self) -> Kind {
        Kind::Refused
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::NobodyToAsk { flag, .. } => {
                Some(format!("read the plan with `--dry-run`, then say `{flag}`"))
            }
            Self::WrongWord { wanted, .. } => Some(format!("say `--confirm {wanted}`")),
            Self::NotForced(_) => {
                Some("read the plan above, then run the command again with `--force`".to_owned())
            }
            Self::Declined => None,
        }
    }
}

/// Asks for the consent that `environment` and `plan` need. Everything that writes starts here.
pub fn approve<P: Plan>(
    plan: P,
    environment: &Environment,
    answers: &Answers<'_>,
) -> crate::error::Result<Approved<P>> {
    let hazards = plan.hazards();
    match required(environment, &hazards, plan.phrase()) {
        Consent::None => {}
        Consent::Yes => ask_yes(environment, answers)?,
        Consent::Word(word) => ask_word(word, environment, answers)?,
    }
    Ok(Approved { plan, environment: environment.name.clone() })
}

fn ask_yes(environment: &Environment, answers: &Answers<'_>) -> crate::error::Result<()> {
    let named = answers.confirm == Some(environment.name.as_str());
    if answers.yes || named {
        return Ok(());
    }
    let Some(ask) = answers.ask else {
        return Err(
            Refusal::NobodyToAsk { environment: environment.name.clone(), flag: "--yes".to_owned() }.into()
        );
    };
    if ask.yes_no(&format!("Go on with `{}`?", environment.name))? {
        Ok(())
    } else {
        Err(Refusal::Declined.into())
    }
}

fn ask_word(word: &str, environment: &Environment, answers: &Answers<'_>) -> crate::error::Result<()> {
    let given = match (answers.confirm, answers.ask) {
        (Some(given), _) => given.to_owned(),
        (None, Some(ask)) => ask.typed(&format!("Type `{word}` to go on"))?,
        (None, None) => {
            let flag = format!("--confirm {word}");
            return Err(Refusal::NobodyToAsk { environment: environment.name.clone(), flag }.into());
        }
    };
    if given.trim() == word {
        Ok(())
    } else {
        Err(Refusal::WrongWord { given: given.trim().to_owned(), wanted: word.to_owned() }.into())
    }
}

#[cfg(test)]
mod tests;
