//! Users of `auth.users` who are no test users and whom rows refer to: they go along as shells, so that the rows can.
//! Pure.

use crate::mask::expression::pseudonym;
use crate::pg::literal;

/// Where shells have their addresses; nobody can have one there.
const SHELL_DOMAIN: &str = "users.masked.example";

/// The condition that a user is a shell.
pub(crate) fn is_shell(email: &str) -> String {
    format!("{email} like {}", literal(&format!("%@{SHELL_DOMAIN}")))
}

/// What a shell has in a column: an address that is nobody's, and neither a password nor anything else of the person.
/// The auth server cannot read NULL from some of them.
pub(crate) fn shell_column(column: &str, reference: &str) -> String {
    match column {
        "id" | "instance_id" | "aud" | "role" | "created_at" | "updated_at" | "is_sso_user"
        | "is_anonymous" => reference.to_owned(),
        "email" => format!(
            "'user-' || {} || {}",
            pseudonym("auth_user", "u.id::text"),
            literal(&format!("@{SHELL_DOMAIN}"))
        ),
        "raw_app_meta_data" | "raw_user_meta_data" => "'{}'".to_owned(),
        "email_change_confirm_status" => "0".to_owned(),
        "encrypted_password"
        | "confirmation_token"
        | "recovery_token"
        | "email_change_token_new"
        | "email_change"
        | "email_change_token_current"
        | "phone_change"
        | "phone_change_token"
        | "reauthentication_token" => "''".to_owned(),
        _ => "null".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_has_nothing_of_the_person() {
        for column in
            ["encrypted_password", "recovery_token", "phone", "raw_user_meta_data", "banned_until", "new"]
        {
            assert!(!shell_column(column, "u.c").contains("u.c"), "{column}");
        }
        assert_eq!(shell_column("id", "u.id"), "u.id");
    }
}
