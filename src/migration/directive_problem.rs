//! What can be wrong with a directive.

use crate::migration::directive::NAMES;

/// Why a `-- crmctl: ...` comment, or what it begins, cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DirectiveProblem {
    /// There is no such directive.
    Unknown(String),
    /// What stands behind its name does not fit.
    Argument {
        /// The directive.
        name: String,
        /// What stands behind it.
        argument: String,
    },
    /// It speaks for the whole file and stands behind its first statement.
    NotAtHead(String),
    /// `down` shares its line with something.
    DownNotAlone,
    /// A line of the down section that is no comment.
    DownNotCommented,
    /// Another directive in the down section.
    BehindDown,
    /// The mark of another tool for a down half.
    ForeignDown(&'static str),
}

impl DirectiveProblem {
    pub(crate) fn sentence(&self) -> String {
        match self {
            Self::Unknown(name) => format!("`{name}` is no directive of crmctl's"),
            Self::Argument { name, argument } if argument.is_empty() => {
                format!("`{name}` lacks what belongs behind it")
            }
            Self::Argument { name, argument } => format!("`{argument}` does not fit behind `{name}`"),
            Self::NotAtHead(name) => {
                format!("`{name}` is for the whole file and stands behind its first statement")
            }
            Self::DownNotAlone => "`crmctl:down` does not stand on a line of its own".to_owned(),
            Self::DownNotCommented => {
                "this line of the down half is no comment, so other tools would run it".to_owned()
            }
            Self::BehindDown => "a directive behind `crmctl:down` would be run as SQL".to_owned(),
            Self::ForeignDown(marker) => {
                format!(
                    "`{marker}` begins a down half that the Supabase CLI would run together with the rest"
                )
            }
        }
    }

    pub(crate) fn help(&self) -> String {
        match self {
            Self::Unknown(name) => {
                let near = |known: &&&str| strsim::levenshtein(name, known) <= 1 + known.len() / 4;
                let nearest = NAMES.iter().filter(near).min_by_key(|known| strsim::levenshtein(name, known));
                match nearest {
                    Some(known) => format!("did you mean `-- crmctl:{known}`?"),
                    None => format!("there are `{}`", NAMES.join("`, `")),
                }
            }
            Self::Argument { name, .. } => {
                let example = match name.as_str() {
                    "lock-timeout" => "lock-timeout 5s",
                    "statement-timeout" => "statement-timeout 10min",
                    "requires-version" => "requires-version 15",
                    "verify" => "verify select count(*) = 0 from contacts where phone is null",
                    "squashed-from" => "squashed-from 20240101000000,20240201000000",
                    _ => return format!("write `-- crmctl:{name}` and nothing behind it"),
                };
                format!("for example `-- crmctl:{example}`")
            }
            Self::NotAtHead(_) => "move it to the head of the file".to_owned(),
            Self::DownNotAlone => "put `-- crmctl:down` on a line that holds nothing else".to_owned(),
            Self::DownNotCommented => {
                "begin the line with `-- `, or move the down half to `<version>_<name>.down.sql`".to_owned()
            }
            Self::BehindDown => {
                "move it above `-- crmctl:down`, or write `-- -- crmctl:...` when it is for the down half"
                    .to_owned()
            }
            Self::ForeignDown(_) => {
                "move what follows to `<version>_<name>.down.sql`, or behind `-- crmctl:down` with every line a comment"
                    .to_owned()
            }
        }
    }
}
