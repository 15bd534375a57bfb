//! The definition of a function, whichever of its settings came first. Pure.

/// The line that a setting of a function has in its definition begins so.
const SETTING: &str = " SET ";

/// The same definition with its settings in the order of their names.
pub(super) fn canonical(definition: &str) -> String {
    let mut lines: Vec<&str> = definition.split_inclusive('\n').collect();
    let body = lines.iter().position(|line| !line.starts_with(' ') && !line.starts_with("CREATE "));
    let head = &mut lines[..body.unwrap_or(0)];
    // They are the last before the body.
    let settings = head.iter().rev().take_while(|line| line.starts_with(SETTING)).count();
    let start = head.len() - settings;
    head[start..].sort_unstable();
    lines.concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_stand_in_the_order_of_their_names_and_the_body_as_it_was() {
        assert_eq!(
            canonical(
                "CREATE OR REPLACE FUNCTION f()\n RETURNS integer\n LANGUAGE sql\n SET work_mem TO '1MB'\n SET a TO ''\n\
                 AS $function$\n SET z\n SET b\n$function$\n"
            ),
            "CREATE OR REPLACE FUNCTION f()\n RETURNS integer\n LANGUAGE sql\n SET a TO ''\n SET work_mem TO '1MB'\n\
             AS $function$\n SET z\n SET b\n$function$\n"
        );
    }

    #[test]
    fn a_definition_without_settings_stays() {
        for kept in
            ["CREATE OR REPLACE PROCEDURE p()\n LANGUAGE sql\nBEGIN ATOMIC\n SET x;\n SET a;\nEND\n", ""]
        {
            assert_eq!(canonical(kept), kept);
        }
    }
}
