//! Two names for one database: the better protected one decides. Pure, and without asking anybody: what the configuration
//! says is compared.

use crate::environment::{DatabaseUrl, Environment, Origin, Source, vars};

impl Environment {
    /// The same, protected as well as any of the others that is the same database: protection is for what is there, and
    /// not for what it is called.
    #[must_use]
    pub fn guarded_like(mut self, others: &[Self]) -> Self {
        let best = others
            .iter()
            .filter(|other| other.name != self.name && other.protection > self.protection && is_meant(other))
            .filter(|other| is_same_database(&self, other))
            .max_by_key(|other| other.protection);
        if let Some(best) = best {
            self.warnings.push(format!(
                "`{}` is the same database as `{}`, so it is {} too",
                self.name,
                best.name,
                best.protection.word()
            ));
            (self.protection, self.same_as) = (best.protection, Some(best.name.clone()));
        }
        self
    }
}

/// `DATABASE_URL` is what many programs call the database they work on: that it stands in for `cloud` where nothing else
/// says where that is does not make every database of that name production.
fn is_meant(environment: &Environment) -> bool {
    match &environment.origin {
        Origin::Managed => false,
        Origin::Url { source, .. } => match source {
            Source::Variable { name } | Source::EnvFile { name, .. } => name != vars::DATABASE_URL,
            Source::Flag { .. } | Source::ConfigFile | Source::Default => true,
        },
    }
}

fn is_same_database(one: &Environment, other: &Environment) -> bool {
    let (Some(here), Some(there)) = (one.url(), other.url()) else { return false };
    if here.database() != there.database() {
        return false;
    }
    match (one.project_ref(), other.project_ref()) {
        (Some(here), Some(there)) => here == there,
        (None, None) => here.port() == there.port() && host(here) == host(there),
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// The host, under one name where it is this machine.
fn host(url: &DatabaseUrl) -> String {
    if url.is_local() && !url.is_socket() { "localhost".to_owned() } else { url.host().to_ascii_lowercase() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::environment::Address;
    use crate::environment::{EnvironmentName, Protection};

    fn environment(name: &'static str, protection: Protection, url: &str) -> Environment {
        let url: DatabaseUrl = url.parse().expect("a URL");
        let address = Address::of(&url);
        let origin = Origin::Url { url: Box::new(url), address, source: Source::ConfigFile };
        let name = EnvironmentName::known(name);
        Environment { name, protection, origin, same_as: None, warnings: Vec::new() }
    }

    fn protection(url: &str, cloud: &str) -> Protection {
        let cloud = environment("cloud", Protection::Protected, cloud);
        environment("staging", Protection::Open, url).guarded_like(&[cloud]).protection
    }

    #[test]
    fn another_name_for_a_protected_database_does_not_lift_its_protection() {
        let direct = "postgresql://postgres:x@db.abcdefghijklmnopqrst.supabase.co:5432/postgres";
        let pooled =
            "postgresql://postgres.abcdefghijklmnopqrst:x@aws-0-eu-west-1.pooler.supabase.com:5432/postgres";
        let other = "postgresql://postgres:x@db.zyxwvutsrqponmlkjihg.supabase.co:5432/postgres";

        assert_eq!(protection(pooled, direct), Protection::Protected);
        assert_eq!(protection(other, direct), Protection::Open);
        assert_eq!(
            protection("postgresql://a@LOCALHOST:6000/x", "postgresql://b@127.0.0.1:6000/x"),
            Protection::Protected
        );
        assert_eq!(
            protection("postgresql://a@localhost:6001/x", "postgresql://b@127.0.0.1:6000/x"),
            Protection::Open
        );
        assert_eq!(protection("postgresql://a@db:6000/y", "postgresql://b@db:6000/x"), Protection::Open);
    }

    #[test]
    fn the_protected_one_says_what_is_to_be_typed_and_a_word_is_said_about_it() {
        let url = "postgresql://postgres@db:6000/x";
        let cloud = environment("cloud", Protection::Protected, url);
        let staging =
            environment("staging", Protection::Guarded, url).guarded_like(std::slice::from_ref(&cloud));

        assert_eq!(staging.consent_name(), &cloud.name);
        assert_eq!(staging.warnings, ["`staging` is the same database as `cloud`, so it is protected too"]);
        assert_eq!(cloud.clone().guarded_like(&[staging]), cloud);
    }

    #[test]
    fn a_variable_that_every_program_has_does_not_make_a_database_production() {
        let url = "postgresql://postgres@localhost:54322/postgres";
        let mut cloud = environment("cloud", Protection::Protected, url);
        let Origin::Url { source, .. } = &mut cloud.origin else { unreachable!("it has a URL") };
        *source = Source::Variable { name: vars::DATABASE_URL.to_owned() };

        let local = environment("local", Protection::Open, url).guarded_like(&[cloud]);
        assert_eq!(local.protection, Protection::Open);
    }
}
