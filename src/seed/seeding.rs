//! What is to be seeded, put together from the description, the variables and the environment's protection.

use std::path::Path;
use std::sync::Arc;

use crate::environment::Protection;
use crate::error::Result;
use crate::seed::generate::{Model, Owner};
use crate::seed::load::Description;
use crate::seed::observation::{Request, What};
use crate::seed::own::OwnDescription;
use crate::seed::users::{Login, Password, logins, password};

/// Who and what is to be there.
#[derive(Debug, Clone)]
pub struct Seeding {
    what: What,
    logins: [Login; 3],
    password: Option<Password>,
    model: Arc<Model>,
    own: Option<OwnDescription>,
}

impl Seeding {
    /// Reads `folder`, or crmctl's own description where it has none. `variable` looks a variable up.
    pub fn resolve(
        folder: &Path,
        variable: &dyn Fn(&str) -> Option<String>,
        protection: Protection,
        (what, scale): (What, u32),
    ) -> Result<Self> {
        let description = Description::read(folder)?;
        let own = OwnDescription::read(folder)?;
        let logins = logins(&description.users, variable)?;
        let password = match what {
            What::Users | What::All => Some(password(&description.users, variable, protection)?),
            What::Data => None,
        };
        let owners = [&logins[0], &logins[1], &logins[2]].map(Owner::of);
        let model = Arc::new(Model::new(&description.data, &description.vocabulary, owners, scale));
        Ok(Self { what, logins, password, model, own })
    }

    /// The same as a request.
    #[must_use]
    pub fn request(&self) -> Request<'_> {
        Request {
            what: self.what,
            logins: &self.logins,
            password: self.password.as_ref(),
            model: &self.model,
            own: self.own.as_ref(),
        }
    }
}
