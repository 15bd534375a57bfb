//! Which lines a `.gitignore` lacks. Pure.

use super::templates;

/// `existing` with the missing ones of `wanted` at its end. None: nothing is missing.
pub(super) fn completed(existing: Option<&str>, wanted: &[String]) -> Option<(String, Vec<String>)> {
    let existing = existing.unwrap_or_default();
    let missing: Vec<String> = wanted.iter().filter(|line| !ignores(existing, line)).cloned().collect();
    if missing.is_empty() {
        return None;
    }
    let mut text = existing.to_owned();
    if !text.is_empty() {
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text.push('\n');
    }
    for line in templates::GITIGNORE
        .lines()
        .filter(|line| line.starts_with('#'))
        .chain(missing.iter().map(String::as_str))
    {
        text.push_str(line);
        text.push('\n');
    }
    Some((text, missing))
}

/// The lines of the template, and one for every env file and folder that this project names besides.
pub(super) fn wanted(env_files: &[String], backups: Option<&str>) -> Vec<String> {
    let mut lines: Vec<String> = templates::GITIGNORE
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let backups = backups.map(|folder| format!("/{}/", folder.trim_matches('/')));
    for line in env_files.iter().cloned().chain(backups) {
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    lines
}

/// Whether the last line that speaks of it ignores it. Knows the usual ways to write a line, not all of git's: when in
/// doubt a line is added, which does no harm.
fn ignores(gitignore: &str, wanted: &str) -> bool {
    let bare = |line: &str| line.trim_start_matches("**/").trim_matches('/').to_owned();
    let wanted = bare(wanted);
    let speaks_of_it = |pattern: &str| {
        let pattern = bare(pattern);
        pattern == wanted || (wanted.starts_with(".env.") && matches!(pattern.as_str(), ".env*" | ".env.*"))
    };
    let mut is_ignored = false;
    for line in gitignore.lines().map(str::trim) {
        match line.strip_prefix('!') {
            Some(exception) if speaks_of_it(exception) => is_ignored = false,
            None if speaks_of_it(line) => is_ignored = true,
            Some(_) | None => {}
        }
    }
    is_ignored
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missing(existing: &str, wanted: &[&str]) -> Vec<String> {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        completed(Some(existing), &wanted).map(|(_, missing)| missing).unwrap_or_default()
    }

    #[test]
    fn only_what_is_missing_is_added() {
        assert_eq!(missing("backups\n.env.production", &[".env.production", "/backups/"]), [""; 0]);
        assert_eq!(missing(".env.*\n", &[".env.production", "/backups/"]), ["/backups/"]);
    }

    #[test]
    fn a_line_that_is_taken_back_later_is_added_again() {
        assert_eq!(missing(".env.production\n!.env.production\n", &[".env.production"]), [".env.production"]);
        assert_eq!(missing(".env.*\n!.env.example\n", &[".env.production"]), [""; 0]);
    }

    #[test]
    fn a_last_line_without_a_line_break_stays_a_line_of_its_own() {
        let (text, _) = completed(Some("node_modules"), &["/backups/".to_owned()]).unwrap();

        assert!(text.starts_with("node_modules\n\n#") && text.ends_with("\n/backups/\n"), "{text}");
    }

    #[test]
    fn what_the_project_names_itself_is_ignored_as_well() {
        let lines = wanted(&[".env.production".to_owned(), "secrets/eu.env".to_owned()], Some("var/backups"));

        assert_eq!(lines.iter().filter(|line| *line == ".env.production").count(), 1);
        assert!(lines.contains(&"secrets/eu.env".to_owned()) && lines.contains(&"/var/backups/".to_owned()));
    }
}
