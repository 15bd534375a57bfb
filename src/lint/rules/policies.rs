//! S: what policies say.

use crate::lint::finding::Severity;
use crate::lint::rules::Problems;
use crate::lint::words::Words;
use crate::migration::word::Word;
use crate::sql::scanner::TokenKind;

/// Roles of the server and the platform, whom policies need not keep out.
const TRUSTED: [&str; 4] = ["service_role", "postgres", "supabase_admin", "supabase_storage_admin"];

const WARNING: Severity = Severity::Warning;

pub(crate) fn check(words: Words, problems: &mut Problems) {
    if !words.begins(&["create", "policy"]) && !words.begins(&["alter", "policy"]) {
        return;
    }
    let policy = shown(words);
    user_metadata(&policy, words, problems);
    open_to_writes(&policy, words, problems);
    asks_per_row(&policy, words, problems);
}

/// The policy and its table, for messages.
fn shown(words: Words) -> String {
    let name = words.from(2).name().map(|(name, _)| name.relation).unwrap_or_default();
    let table = words.find(&["on"]).and_then(|on| words.from(on + 1).name()).map(|(table, _)| table);
    table.map_or_else(|| format!("policy `{name}`"), |table| format!("policy `{name}` on `{table}`"))
}

/// S05: in texts too, for `'{user_metadata,role}'` is a path.
fn user_metadata(policy: &str, words: Words, problems: &mut Problems) {
    let reads = words.0.iter().find(|word| match word.kind {
        TokenKind::Text | TokenKind::Word | TokenKind::QuotedName => {
            let mut names = word.text.split(|letter: char| !letter.is_alphanumeric() && letter != '_');
            names.any(|name| {
                ["user_metadata", "raw_user_meta_data"].iter().any(|key| name.eq_ignore_ascii_case(key))
            })
        }
        TokenKind::Number
        | TokenKind::Symbol(_)
        | TokenKind::Backslash
        | TokenKind::Space
        | TokenKind::Comment => false,
    });
    if let Some(word) = reads {
        let message = format!("{policy} reads user metadata, which every user can write");
        let help = "read `app_metadata`, or a table that users cannot write";
        problems.add("S05", WARNING, (word.offset, message), help);
    }
}

/// S09. Restrictive policies only take away.
fn open_to_writes(policy: &str, words: Words, problems: &mut Problems) {
    let clause = |keywords: &[&str]| words.find(keywords).map(|at| words.from(at + keywords.len()));
    let is_open = |clause: Option<Words>| clause.is_some_and(|clause| is_true(clause.inside()));
    let (using, check) = (is_open(clause(&["using"])), is_open(clause(&["with", "check"])));
    let command = clause(&["for"]);
    let is_for = |name: &str| command.is_some_and(|command| command.begins(&[name]));
    let is_all = command.is_none() || is_for("all");
    let has_using = clause(&["using"]).is_some();
    let is_dangerous = if is_for("insert") {
        check
    } else if is_all {
        using || (check && !has_using)
    } else {
        using && (is_for("update") || is_for("delete"))
    };
    let roles = clause(&["to"]).map(Words::names).unwrap_or_default();
    let is_trusted = |role: &str| TRUSTED.contains(&role);
    let all_trusted = !roles.is_empty() && roles.iter().all(|role| is_trusted(&role.relation));
    if is_dangerous && !all_trusted && words.begins(&["create"]) && !words.has(&["as", "restrictive"]) {
        let who = match roles.first() {
            Some(role) if role.relation == "authenticated" => "everybody who is logged in",
            _ => "everybody",
        };
        let message = format!("{policy} lets {who} write every row");
        let help = "say whose rows: `using (owner_id = (select auth.uid()))`, or name a role in `to`";
        problems.add("S09", WARNING, (words.offset(), message), help);
    }
}

/// Whether the words in the parentheses are `true`, whatever is around them.
fn is_true(inside: Words) -> bool {
    let bare: Vec<&Word> = inside.0.iter().filter(|word| !word.is("(") && !word.is(")")).collect();
    match bare.as_slice() {
        [word] => word.is("true"),
        [left, equals, right] => left.kind == TokenKind::Number && equals.is("=") && left.text == right.text,
        _ => false,
    }
}

/// S10: `(select auth.uid())` is asked once, `auth.uid()` for every row.
fn asks_per_row(policy: &str, words: Words, problems: &mut Problems) {
    const FUNCTIONS: [&str; 4] = ["uid", "jwt", "role", "email"];
    let is_call = |index: usize| {
        let call = words.from(index);
        FUNCTIONS.iter().any(|function| call.begins(&["auth", ".", function, "("]))
            || call.begins(&["current_setting", "("])
    };
    let is_selected = |index: usize| index > 0 && words.0[index - 1].is("select");
    let found = (0..words.0.len()).find(|index| is_call(*index) && !is_selected(*index));
    if let Some(index) = found {
        let message = format!("{policy} calls this again for every row");
        let help = "`(select auth.uid())`: the server then asks once for the whole query";
        problems.add("S10", WARNING, (words.0[index].offset, message), help);
    }
}

#[cfg(test)]
mod tests {
    use crate::lint::tests::found;

    #[test]
    fn s05_finds_a_policy_that_believes_the_user() {
        let sql =
            "create policy p on a using (((select auth.jwt()) -> 'user_metadata' ->> 'role') = 'admin')";
        assert_eq!(found(sql), ["warning S05"]);
        assert_eq!(found(&sql.replace("'user_metadata'", "'{user_metadata,role}'")), ["warning S05"]);
        assert!(found(&sql.replace("user_metadata", "app_metadata")).is_empty());
        assert!(
            found("create policy test_user_metadata_all on test_user_metadata for select using (true)")
                .is_empty()
        );
    }

    #[test]
    fn s09_finds_policies_that_let_everybody_write() {
        for sql in [
            "create policy p on a using (true)",
            "create policy p on a for all to authenticated using ((true)) with check (x)",
            "create policy p on a for insert to anon with check (true)",
            "create policy p on a for delete using (1 = 1)",
        ] {
            assert_eq!(found(sql), ["warning S09"], "{sql}");
        }
        for sql in [
            "create policy p on a for select using (true)",
            "create policy p on a to service_role using (true) with check (true)",
            "create policy p on a as restrictive for delete to authenticated using (true)",
            "create policy p on a for update using (owner = 1) with check (true)",
        ] {
            assert!(found(sql).is_empty(), "{sql}");
        }
    }

    #[test]
    fn s10_finds_functions_that_are_asked_for_every_row() {
        assert_eq!(found("create policy p on a for select using (auth.uid() = b)"), ["warning S10"]);
        assert!(found("create policy p on a for select using ((select auth.uid()) = b)").is_empty());
        assert!(found("create policy p on a for select using (( SELECT auth.uid() AS uid) = b)").is_empty());
    }
}
