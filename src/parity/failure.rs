//! Why two databases could not be compared. Whatever goes wrong, it is never told as "equal" or as "different".

use crate::error::{Explain, Kind};
use crate::pg::{PgError, PgResult, ServerError, Session, TableName};

/// Why there is no verdict.
#[derive(Debug, thiserror::Error)]
pub enum ParityError {
    /// A table's rows could not be read.
    #[error("there is no verdict: table `{table}` of `{environment}` could not be read: {cause}")]
    Table {
        /// Whose table.
        environment: String,
        /// Which one.
        table: TableName,
        /// The role that tried.
        role: String,
        /// What the server said.
        cause: Box<PgError>,
    },
    /// Something else of one side could not be read.
    #[error("there is no verdict: `{environment}` could not be read: {cause}")]
    Side {
        /// Which side.
        environment: String,
        /// What went wrong.
        cause: Box<PgError>,
    },
    /// Rows vanished from a snapshot that was to hold them.
    #[error(
        "there is no verdict: table `{table}` of `{environment}` was truncated or rewritten while it was read"
    )]
    Rewritten {
        /// Whose table.
        environment: String,
        /// Which one.
        table: TableName,
    },
    /// A database is always equal to itself.
    #[error("there is no verdict: `{left}` and `{right}` are the same database")]
    SameDatabase {
        /// What it is called on the left.
        left: String,
        /// What it is called on the right.
        right: String,
    },
    /// Nothing is always equal to nothing.
    #[error("there is no verdict: neither `{left}` nor `{right}` has a table whose rows could be compared")]
    NoTables {
        /// The left side.
        left: String,
        /// The right side.
        right: String,
    },
    /// The same text has other bytes on both sides.
    #[error("there is no verdict: texts are stored as {left} on the one side and as {right} on the other")]
    Encodings {
        /// The encoding of the left side.
        left: String,
        /// That of the right side.
        right: String,
    },
}

impl ParityError {
    pub(crate) fn of_side(session: &Session, cause: PgError) -> Self {
        Self::Side { environment: session.target().environment.to_string(), cause: Box::new(cause) }
    }

    pub(crate) fn of_table(session: &Session, table: &TableName, cause: PgError) -> Self {
        let target = session.target();
        let environment = target.environment.to_string();
        // A pooler's users are called after the project, too.
        let (user, is_pooled) = (target.url.user(), target.url.host().contains("pooler.supabase"));
        let role = if is_pooled { user.split('.').next().unwrap_or(user) } else { user }.to_owned();
        Self::Table { environment, table: table.clone(), role, cause: Box::new(cause) }
    }
}

/// Says which side a result is of.
pub(crate) fn of_side<T>(session: &Session, result: PgResult<T>) -> Result<T, ParityError> {
    result.map_err(|cause| ParityError::of_side(session, cause))
}

impl Explain for ParityError {
    fn kind(&self) -> Kind {
        match self {
            Self::Table { cause, .. } | Self::Side { cause, .. } => cause.kind(),
            Self::SameDatabase { .. } => Kind::Refused,
            Self::Rewritten { .. } | Self::NoTables { .. } | Self::Encodings { .. } => Kind::Failed,
        }
    }

    fn help(&self) -> Option<String> {
        match self {
            Self::Table { table, role, cause, .. } => {
                let said = if let PgError::Server(error) = &**cause { Some(error) } else { None };
                said.and_then(|error| help_for(table, role, error)).or_else(|| cause.help())
            }
            Self::Side { cause, .. } => cause.help(),
            Self::Rewritten { .. } => Some("run the command again when nobody changes its tables".to_owned()),
            Self::SameDatabase { left, right } if left == right => {
                Some("name two environments with `--from` and `--to`".to_owned())
            }
            Self::SameDatabase { left, right } => Some(format!(
                "check the URLs of `{left}` and `{right}`: one of them is not what it should be"
            )),
            Self::NoTables { .. } => Some(
                "run `crmctl migrate up` first, or compare what there is: `crmctl verify --level schema`"
                    .to_owned(),
            ),
            Self::Encodings { .. } => Some(
                "compare what can be: `crmctl verify --level schema`, `crmctl verify --level counts`"
                    .to_owned(),
            ),
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Table { cause, .. } | Self::Side { cause, .. } => cause.code(),
            Self::Rewritten { .. }
            | Self::SameDatabase { .. }
            | Self::NoTables { .. }
            | Self::Encodings { .. } => None,
        }
    }
}

/// What to do about a table that cannot be read.
fn help_for(table: &TableName, role: &str, error: &ServerError) -> Option<String> {
    let role = crate::pg::identifier(role);
    let text = match error.code.as_str() {
        "42501" if error.message.contains("row-level security") => format!(
            "policies would hide rows, and hidden rows would be taken for missing ones: connect as a role with `bypassrls` \
             (`alter role {role} bypassrls`), or as the owner of a table that does not force its policies on him"
        ),
        "42501" if error.message.contains("schema") => {
            format!("`grant usage on schema {} to {role}`", crate::pg::identifier(&table.schema))
        }
        "42501" => format!("`grant select on {} to {role}`", table.sql()),
        "42P01" | "42703" | "3F000" | "XX000" => {
            "it was dropped or changed meanwhile: run the command again".to_owned()
        }
        code if code.starts_with("HV") || code.starts_with("08") => {
            "a partition of it is a foreign table whose server did not answer; detach it, or make the server answer"
                .to_owned()
        }
        _ => return None,
    };
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: &str, message: &str) -> ParityError {
        let error =
            ServerError { code: code.to_owned(), message: message.to_owned(), ..ServerError::default() };
        ParityError::Table {
            environment: "cloud".to_owned(),
            table: TableName::new("app", "Notes"),
            role: "reader".to_owned(),
            cause: Box::new(PgError::from_server(error)),
        }
    }

    #[test]
    fn a_table_that_may_not_be_read_is_named_with_the_way_to_read_it() {
        let error = failure("42501", "permission denied for table Notes");

        assert!(
            error.to_string().starts_with("there is no verdict: table `app.Notes` of `cloud`"),
            "{error}"
        );
        assert_eq!(error.help().as_deref(), Some("`grant select on \"app\".\"Notes\" to \"reader\"`"));
        let hidden =
            failure("42501", "query would be affected by row-level security policy for table \"Notes\"");
        assert!(hidden.help().expect("help").contains("`alter role \"reader\" bypassrls`"));
    }

    #[test]
    fn who_asked_to_stop_is_told_so() {
        let interrupted =
            ParityError::Side { environment: "cloud".to_owned(), cause: Box::new(PgError::Interrupted) };

        assert_eq!(interrupted.kind(), Kind::Interrupted);
    }
}
