//! `crmctl access`: who may do what to which table, tried as each persona. Changes nothing.

use crate::access::{self, AccessReport, AccessRequest};
use crate::app::App;
use crate::environment::EnvironmentName;
use crate::error::{ExitStatus, Result};
use crate::ui::{Annotation, Level};

/// Show who may read and write which table under row level security, tried as each role
///
/// `anon`, somebody who has just signed up, `service_role` and every test user are tried on every table that the API
/// exposes. Where `access.toml` says what shall be so, it is held against it.
#[derive(Debug, clap::Args)]
pub(crate) struct AccessArgs {
    /// Environment to look at, as named in crmctl.toml
    #[arg(long = "env", value_name = "NAME", default_value = "local")]
    environment: EnvironmentName,
}

pub(crate) async fn run(app: &App, args: AccessArgs) -> Result<ExitStatus> {
    let (request, expectations) = AccessRequest::of_project(&app.project)?;
    let environment = app.environment(&args.environment)?;
    let mut session = app.connect(&environment).await?;

    let table = access::observe(&mut session, &request).await?;
    session.close().await;
    let report = AccessReport::new(table, expectations.as_ref());
    let annotations: Vec<Annotation> = report
        .violations
        .iter()
        .map(|violation| Annotation {
            level: Level::Error,
            title: "access".to_owned(),
            message: violation.words.clone(),
            location: Some(violation.location.clone()),
        })
        .collect();
    app.printer.annotate(&annotations)?;
    app.report(report.exit_status(), Some(&environment), &report)
}
