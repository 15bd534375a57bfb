//! The `crmctl` program. Everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(crmctl::run().code())
}
