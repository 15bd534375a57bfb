use rand::{Rng as _, SeedableRng as _};

use super::*;
use crate::error::{Explain as _, Failure};

const HOSTED: &str = "db.abcdefghijklmnopqrst.supabase.co";

fn parse(text: &str) -> DatabaseUrl {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> DatabaseUrlError {
    text.parse::<DatabaseUrl>().expect_err(text)
}

#[test]
fn a_url_is_taken_apart() {
    let url = parse("postgres://me:p%40ss@Example.com:6000/my%20db?application_name=x&connect_timeout=7");

    assert_eq!((url.host(), url.port(), url.user(), url.database()), ("Example.com", 6000, "me", "my db"));
    assert_eq!(url.password().unwrap().expose(), "p@ss");
    assert_eq!((url.application_name(), url.connect_timeout()), (Some("x"), Some(7)));
}

#[test]
fn a_list_of_pairs_is_taken_apart() {
    let url = parse(r"host=h port = 6000 user=me password='p \'s' dbname=d sslmode=verify-full");

    assert_eq!((url.host(), url.port(), url.user(), url.database()), ("h", 6000, "me", "d"));
    assert_eq!(url.password().unwrap().expose(), "p 's");
    assert_eq!(url.ssl_mode(), SslMode::VerifyFull);
}

#[test]
fn a_unix_socket_is_a_local_host() {
    for text in [
        "postgresql:///db?host=/tmp/x&port=6000",
        "postgresql://%2Ftmp%2Fx:6000/db",
        "host=/tmp/x port=6000 dbname=db",
    ] {
        let url = parse(text);

        assert_eq!((url.host(), url.port(), url.database()), ("/tmp/x", 6000, "db"), "{text}");
        assert!(url.is_local() && url.is_socket());
        assert_eq!(url.to_string(), "postgresql://postgres@/db?host=/tmp/x&port=6000");
        assert_eq!(parse(&url.expose()).host(), url.host());
    }
}

#[test]
fn tokio_postgres_reads_what_is_exposed_as_it_was_meant() {
    for text in
        ["postgresql://u:p%2F%25@h:1/d", "postgresql://[::1]:6000/d", "postgresql:///d?host=/tmp/a%20b"]
    {
        let url = parse(text);
        let config: tokio_postgres::Config = url.expose().parse().unwrap();

        assert_eq!(config.get_password(), url.password().map(|password| password.expose().as_bytes()));
        assert_eq!((config.get_dbname(), config.get_user()), (Some("d"), Some(url.user())));
        assert_eq!(config.get_ports(), [url.port()]);
    }
}

#[test]
fn silence_about_ssl_means_require_everywhere_but_here() {
    assert_eq!(parse("postgresql://example.com/x").ssl_mode(), SslMode::Require);
    assert_eq!(parse("postgresql://localhost/x").ssl_mode(), SslMode::Prefer);
    assert_eq!(parse("postgresql://[::1]/x").ssl_mode(), SslMode::Prefer);
    assert_eq!(parse("postgresql://example.com/x?sslmode=disable").ssl_mode(), SslMode::Disable);
    assert_eq!(
        parse("postgresql://example.com/x?sslmode=require&sslrootcert=a.crt").ssl_mode(),
        SslMode::VerifyCa
    );
}

#[test]
fn a_hosted_database_is_never_reached_in_plain_text() {
    for mode in ["disable", "allow", "prefer"] {
        for host in [HOSTED, "AWS-0-eu.pooler.Supabase.com"] {
            let refused = error(&format!("postgresql://postgres.x:hunter2@{host}/x?sslmode={mode}"));
            assert!(matches!(refused, DatabaseUrlError::WeakSsl { .. }) && refused.help().is_some());
        }
    }
    let defaults = UrlDefaults { ssl_mode: Some("disable".to_owned()), ..UrlDefaults::default() };
    assert!(DatabaseUrl::parse(&format!("postgresql://{HOSTED}/x"), &defaults).is_err());
}

#[test]
fn what_a_url_leaves_out_comes_from_the_defaults() {
    let defaults = UrlDefaults {
        password: Some(Secret::new("from outside")),
        ssl_mode: Some("verify-full".to_owned()),
        ssl_root_certificate: Some("ca.crt".to_owned()),
    };

    let filled = DatabaseUrl::parse("postgresql://example.com/x", &defaults).unwrap();
    assert_eq!(filled.password().unwrap().expose(), "from outside");
    assert_eq!(
        (filled.ssl_mode(), filled.ssl_root_certificate()),
        (SslMode::VerifyFull, Some("ca.crt".into()))
    );
    let own = DatabaseUrl::parse("postgresql://u:own@example.com/x?sslmode=require&sslrootcert=b", &defaults)
        .unwrap();
    assert_eq!(own.password().unwrap().expose(), "own");
    assert_eq!((own.ssl_mode(), own.ssl_root_certificate()), (SslMode::VerifyCa, Some("b".into())));
}

#[test]
fn what_is_left_of_a_template_is_refused() {
    for (text, left) in [
        ("postgresql://postgres:[YOUR-PASSWORD]@h/d", "[YOUR-PASSWORD]"),
        ("postgresql://postgres:[PASSWORD]@h/d", "[PASSWORD]"),
        ("postgresql://postgres:<password>@h/d", "<password>"),
        ("postgresql://postgres:${SUPABASE_DB_PASSWORD}@h/d", "${SUPABASE_DB_PASSWORD}"),
        ("postgresql://postgres:x@db.[PROJECT-REF].supabase.co/d", "[PROJECT-REF]"),
        ("postgresql://postgres.[your-project-ref]:x@h/d", "[your-project-ref]"),
    ] {
        assert_eq!(error(text), DatabaseUrlError::Placeholder(left.to_owned()));
    }
}

#[test]
fn a_password_in_brackets_is_a_password() {
    assert_eq!(parse("postgresql://postgres:[hunter2]@h/d").password().unwrap().expose(), "[hunter2]");
}

#[test]
fn mistakes_are_told_apart() {
    assert_eq!(error(" "), DatabaseUrlError::Empty);
    assert_eq!(error("mysql://u:p@h/d"), DatabaseUrlError::Scheme);
    assert_eq!(error("postgresql://u:p@/d"), DatabaseUrlError::MissingHost);
    assert_eq!(error("postgresql://u:p@a,b/d"), DatabaseUrlError::SeveralHosts);
    assert_eq!(error("host=a,b"), DatabaseUrlError::SeveralHosts);
    assert_eq!(error("postgresql://u:p@h:99999/d"), DatabaseUrlError::Port);
    assert_eq!(error("postgresql://u:p/q@h/d"), DatabaseUrlError::Unescaped);
    assert_eq!(error("postgresql://u:p%zz@h/d"), DatabaseUrlError::Percent);
    assert_eq!(error("postgresql://u:p@h/d?x=1"), DatabaseUrlError::UnknownParameter(1));
    assert_eq!(error("postgresql://h/d?sslcert=a"), DatabaseUrlError::Unsupported("sslcert"));
    assert_eq!(error("postgresql://h/d?sslmode=maybe"), DatabaseUrlError::Value("sslmode"));
}

#[test]
fn whoever_wants_the_login_bound_to_tls_gets_it_from_every_tool() {
    let url = parse("postgresql://u:p@h/d?channel_binding=require");

    assert_eq!(url.channel_binding(), Some("require"));
    assert!(url.expose().ends_with("&channel_binding=require"), "as parsed again");
    assert!(url.libpq_environment().contains(&("PGCHANNELBINDING".to_owned(), "require".to_owned())));
    assert_eq!(error("postgresql://h/d?channel_binding=yes"), DatabaseUrlError::Value("channel_binding"));
}

#[test]
fn parameters_of_other_programs_do_not_hurt() {
    assert_eq!(parse("postgresql://u:p@h/d?pgbouncer=true&connection_limit=1&schema=public").database(), "d");
}

#[test]
fn child_tools_get_everything_by_their_environment() {
    let url = parse("postgresql://u:p%20w@example.com:6000/d?sslmode=verify-full&options=-c%20a%3Db");
    let environment = url.libpq_environment();

    let value = |name: &str| environment.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!(
        (value("PGHOST"), value("PGPORT"), value("PGDATABASE")),
        (Some("example.com"), Some("6000"), Some("d"))
    );
    assert_eq!((value("PGPASSWORD"), value("PGSSLMODE")), (Some("p w"), Some("verify-full")));
    assert_eq!((value("PGSSLROOTCERT"), value("PGOPTIONS")), (Some("system"), Some("-c a=b")));
}

#[test]
fn the_display_is_a_url_without_its_password() {
    let url =
        parse("postgresql://postgres:hunter2@db.example.com/postgres?sslmode=require&application_name=x");

    assert_eq!(url.to_string(), "postgresql://postgres:***@db.example.com:5432/postgres");
    assert_eq!(
        url.with_database("x").psql_hint(),
        "psql 'postgresql://postgres@db.example.com:5432/x?sslmode=require'"
    );
}

/// Everything of a URL, or of the error it leads to, that can reach a person.
fn shown(text: &str) -> String {
    match text.parse::<DatabaseUrl>() {
        Ok(url) => format!(
            "{url} {url:?} {url:#?} {} {} {:?}",
            serde_json::to_string(&url).unwrap(),
            url.psql_hint(),
            supabase::check(&url).map_err(Failure::from),
        ),
        Err(error) => {
            let text = format!("{error} {error:?} {:?}", error.help());
            let failure = Failure::from(error);
            format!("{text} {failure} {failure:?} {:?}", failure.help())
        }
    }
}

#[test]
fn no_password_is_ever_shown_however_badly_it_is_written() {
    let alphabet: Vec<char> = "abzXY019@:/?#[]%&=+ $'\"\\!,;.<>{}|^`~*()-_éß漢\t".chars().collect();
    let mut random = rand::rngs::StdRng::seed_from_u64(7);
    for round in 0..2000 {
        let length = random.random_range(1..12);
        let noise = |random: &mut rand::rngs::StdRng| -> String {
            (0..length).map(|_| alphabet[random.random_range(0..alphabet.len())]).collect()
        };
        // The mark is what must not be seen; the noise around it makes the parser stumble.
        let password = format!("{}Qq7Kk{}", noise(&mut random), noise(&mut random));
        let encoded = encode(&password);
        let pair = password.replace('\\', r"\\").replace('\'', r"\'");
        for text in [
            format!("postgresql://postgres:{password}@db.example.com:5432/postgres"),
            format!("postgresql://postgres:{password}"),
            format!(
                "postgresql://postgres.abc:{password}@aws-0-eu.pooler.supabase.com:6543/postgres?sslmode=prefer"
            ),
            format!("postgresql://db.example.com/postgres?password={password}&sslmode=require"),
            format!("host=h user=u password={password} dbname=d"),
            format!("host=h password='{password}' port=x"),
            format!("postgres:{password}@db.example.com"),
            password.clone(),
        ] {
            let shown = shown(&text);
            // Raw `@` splits: what follows the last one is a host by all the rules there are.
            let is_host = text.parse::<DatabaseUrl>().is_ok_and(|url| url.host().contains("Qq7Kk"));
            assert!(is_host || !shown.contains("Qq7Kk"), "round {round}: {text}\n{shown}");
        }
        for text in [format!("postgresql://u:{encoded}@h:1/d"), format!("host=h password='{pair}' dbname=d")]
        {
            let url = parse(&text);
            assert_eq!(url.password().unwrap().expose(), password);
            assert_eq!(parse(&url.expose()), parse(&parse(&url.expose()).expose()));
            assert!(!shown(&text).contains("Qq7Kk"));
        }
    }
}
