//! Secrets in texts: where they are, and the same text without them.

use std::ops::Range;

/// Beginnings of keys that programs give out, how many characters follow at least, and whose they are.
const KEYS: [(&str, usize, &str); 16] = [
    ("sk_live_", 16, "a Stripe key"),
    ("rk_live_", 16, "a Stripe key"),
    ("sk_test_", 16, "a Stripe test key"),
    ("whsec_", 16, "a webhook secret"),
    ("sb_secret_", 16, "a secret key of Supabase"),
    ("sbp_", 32, "an access token of Supabase"),
    ("AKIA", 16, "an AWS key"),
    ("ASIA", 16, "an AWS key"),
    ("ghp_", 30, "a GitHub token"),
    ("github_pat_", 30, "a GitHub token"),
    ("glpat-", 18, "a GitLab token"),
    ("xoxb-", 20, "a Slack token"),
    ("sk-ant-", 20, "an Anthropic key"),
    ("sk-proj-", 20, "an OpenAI key"),
    ("SG.", 40, "a SendGrid key"),
    ("AIza", 35, "a Google key"),
];

/// Passwords that are none: the default of local servers, and what stands for a real one.
const HARMLESS: [&str; 6] =
    ["postgres", "password", "your-password", "your_password", "yourpassword", "secret"];

/// Every secret in the text, in order, and what it is.
pub(crate) fn find(text: &str) -> Vec<(Range<usize>, &'static str)> {
    let mut found: Vec<(Range<usize>, &'static str)> = Vec::new();
    for (prefix, least, what) in KEYS {
        found.extend(starts(text, prefix).filter_map(|start| {
            let end = word_end(text, start + prefix.len());
            let body = &text[start + prefix.len()..end];
            let is_key = body.len() >= least && body.bytes().any(|byte| byte.is_ascii_digit());
            is_key.then_some((start..end, what))
        }));
    }
    found.extend(tokens(text));
    found.extend(addresses(text));
    found.extend(role_passwords(text));
    found.extend(starts(text, "PRIVATE KEY-----").filter_map(|at| {
        // The name of the algorithm is between the two, and nothing longer: no line is searched from its end again and again.
        let near = text.floor_char_boundary(at.saturating_sub(64));
        let start = near + text[near..at].rfind("-----BEGIN")?;
        (!text[start..at].contains('\n')).then_some((start..at + 16, "a private key"))
    }));
    found.sort_by_key(|(range, _)| range.start);
    found.dedup_by(|next, previous| next.0.start < previous.0.end);
    found
}

/// The text with stars for its secrets.
pub(crate) fn masked(text: &str) -> String {
    let mut masked = text.to_owned();
    for (range, _) in find(text).into_iter().rev() {
        masked.replace_range(range, "***");
    }
    masked
}

/// A line of a file around a column, without its secrets: lines of data can be longer than anybody wants to see.
pub(crate) fn masked_around(line: &str, column: usize) -> String {
    /// How many characters are shown, and how many of them before the column.
    const SHOWN: (usize, usize) = (300, 100);
    /// How far a secret that is cut by the border may reach into what is shown.
    const LONGEST: usize = 2_000;
    if line.len() <= SHOWN.0 {
        return masked(line);
    }
    let start = column.saturating_sub(SHOWN.1 + LONGEST);
    let near: String = line.chars().skip(start).take(SHOWN.0 + 2 * LONGEST).collect();
    let masked = masked(&near);
    let skipped = column.saturating_sub(SHOWN.1 + start).min(LONGEST);
    let shown: String = masked.chars().skip(skipped).take(SHOWN.0).collect();
    let before = if start + skipped > 0 { "…" } else { "" };
    format!("{before}{shown}…")
}

/// Where the text holds `what` at the beginning of a word.
fn starts<'a>(text: &'a str, what: &'a str) -> impl Iterator<Item = usize> + use<'a> {
    text.match_indices(what).map(|(start, _)| start).filter(|start| {
        !what.as_bytes()[0].is_ascii_alphanumeric()
            || text[..*start]
                .bytes()
                .next_back()
                .is_none_or(|byte| !byte.is_ascii_alphanumeric() && byte != b'_')
    })
}

fn word_end(text: &str, from: usize) -> usize {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte);
    let length = text.as_bytes()[from..].iter().position(|byte| !is_part(*byte));
    length.map_or(text.len(), |length| from + length)
}

/// Signed tokens. The key that browsers get anyway, and those of local stacks, are no secrets.
fn tokens(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    starts(text, "eyJ").filter_map(|start| {
        let end = word_end(text, start);
        let parts: Vec<&str> = text[start..end].split('.').collect();
        let [header, payload, signature] = parts.as_slice() else { return None };
        if header.len() < 10 || payload.len() < 10 || signature.len() < 20 {
            return None;
        }
        let claims = decoded(payload);
        let is_public = claims.contains("\"anon\"") || claims.contains("supabase-demo");
        let what = if claims.contains("service_role") { "the service_role key" } else { "a signed token" };
        (!is_public).then_some((start..end, what))
    })
}

/// The text in URL-safe base64; what is not text becomes something else.
fn decoded(text: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let (mut bits, mut count, mut bytes) = (0_u32, 0, Vec::new());
    for letter in text.bytes() {
        let Some(value) = LETTERS.iter().position(|other| *other == letter) else { break };
        bits = (bits << 6) | u32::try_from(value).unwrap_or_default();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from((bits >> count) & 0xff).unwrap_or_default());
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The passwords of connection strings.
fn addresses(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    text.match_indices("://").filter_map(|(at, _)| {
        let scheme = &text[..at];
        if !["postgres", "postgresql", "mysql", "redis", "mongodb", "https", "http", "amqp"]
            .iter()
            .any(|known| scheme.ends_with(known))
        {
            return None;
        }
        let rest = &text[at + 3..];
        let end = rest.find(|letter: char| letter.is_whitespace() || "'\"/`?;,)".contains(letter));
        let (user, _) = rest[..end.unwrap_or(rest.len())].rsplit_once('@')?;
        let (user, password) = user.split_once(':')?;
        let start = at + 3 + user.len() + 1;
        is_real(password).then_some((start..start + password.len(), "a password"))
    })
}

/// `password '...'` behind `create role` and its like.
fn role_passwords(text: &str) -> impl Iterator<Item = (Range<usize>, &'static str)> {
    let lower = text.to_ascii_lowercase();
    let is_role = ["role", "user"]
        .iter()
        .any(|kind| ["create", "alter"].iter().any(|verb| lower.contains(&format!("{verb} {kind} "))));
    let found: Vec<_> = lower
        .match_indices("password '")
        .filter_map(|(at, opening)| {
            let start = at + opening.len();
            let end = start + text[start..].find('\'')?;
            is_real(&text[start..end]).then_some((start..end, "a password"))
        })
        .collect();
    found.into_iter().filter(move |_| is_role)
}

/// Whether it is a password and not what stands for one.
fn is_real(password: &str) -> bool {
    let stands_for = ["[", "<", "$", "{", "%s", "*", "..."].iter().any(|mark| password.contains(mark));
    let is_harmless = HARMLESS.iter().any(|harmless| password.eq_ignore_ascii_case(harmless));
    !password.is_empty() && !stands_for && !is_harmless
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|(range, _)| &text[range]).collect()
    }

    #[test]
    fn keys_are_known_by_their_beginnings() {
        let key = format!("sk_live_{}", "a1B2".repeat(6));
        assert_eq!(found(&format!("select '{key}';")), [key.as_str()]);
        assert!(found("select 'sk_live_key' as task_live_1234567890123456").is_empty());
    }

    #[test]
    fn a_token_is_a_secret_unless_everybody_has_it() {
        // {"role":"service_role"}, {"role":"anon"}
        let token = |payload: &str| format!("eyJhbGciOiJIUzI1NiJ9.{payload}.{}", "x".repeat(43));
        assert_eq!(found(&token("eyJyb2xlIjoic2VydmljZV9yb2xlIn0")).len(), 1);
        assert!(found(&token("eyJyb2xlIjoiYW5vbiJ9")).is_empty());
    }

    #[test]
    fn passwords_are_found_in_addresses_and_roles() {
        assert_eq!(found("x 'postgresql://app:hunter2@db.example.com:5432/a'"), ["hunter2"]);
        assert!(found("postgresql://postgres:postgres@localhost postgres://a:[PASSWORD]@b").is_empty());
        assert_eq!(found("create role app login password 'hunter2'"), ["hunter2"]);
        assert!(found("select 'password ''x'' is wrong'").is_empty());
    }

    #[test]
    fn a_masked_text_has_none() {
        assert_eq!(masked("alter user a password 'hunter2';"), "alter user a password '***';");
        let line = format!("{}alter user a password 'hunter2';{}", "x".repeat(900), "y".repeat(900));
        let shown = masked_around(&line, 905);
        assert!(shown.contains("alter user a password '***'") && shown.chars().count() <= 302);
    }
}
