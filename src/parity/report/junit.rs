//! The report in the XML of `JUnit`: a suite for the schema, one for the rows and one for the test users.

use crate::parity::report::ParityReport;
use crate::parity::report::check::{Check, Group, checks};

/// The document.
pub(super) fn document(report: &ParityReport) -> String {
    let checks = checks(report);
    let failures = |checks: &[&Check]| checks.iter().filter(|check| !check.is_equal).count();
    let all: Vec<&Check> = checks.iter().collect();
    let mut lines = vec![
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>".to_owned(),
        format!(
            "<testsuites name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\">",
            attribute(&format!("crmctl verify: {} and {}", report.left, report.right)),
            all.len(),
            failures(&all)
        ),
    ];
    for group in Group::ALL {
        let checks: Vec<&Check> = checks.iter().filter(|check| check.group == group).collect();
        if checks.is_empty() {
            continue;
        }
        lines.push(format!(
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"0\">",
            group.word(),
            checks.len(),
            failures(&checks)
        ));
        lines.extend(checks.into_iter().map(|check| case(group, check)));
        if group == Group::Rows && !report.not_compared.is_empty() {
            let left_out = format!("not compared:\n{}", report.uncompared().join("\n"));
            lines.push(format!("    <system-out>{}</system-out>", text(&left_out)));
        }
        lines.push("  </testsuite>".to_owned());
    }
    lines.push("</testsuites>".to_owned());
    lines.join("\n")
}

fn case(group: Group, check: &Check) -> String {
    let class = format!("crmctl.verify.{}", group.word().replace(' ', "_"));
    let name = attribute(&check.name);
    if check.is_equal {
        return format!("    <testcase classname=\"{class}\" name=\"{name}\"/>");
    }
    format!(
        "    <testcase classname=\"{class}\" name=\"{name}\">\n      \
         <failure type=\"differs\" message=\"{}\">{}</failure>\n    </testcase>",
        attribute(&check.summary),
        text(&check.details.join("\n"))
    )
}

fn text(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(character),
            // XML has no way at all to say these.
            _ if character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}') => {
                escaped.push('\u{fffd}');
            }
            _ => escaped.push(character),
        }
    }
    escaped
}

/// The same where a line break would be read as a space.
fn attribute(value: &str) -> String {
    text(value).replace('\n', "&#10;").replace('\t', "&#9;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_name_or_a_value_ends_its_element() {
        assert_eq!(text("]]></failure>&\u{1b}[2J\u{ffff}"), "]]&gt;&lt;/failure&gt;&amp;\u{fffd}[2J\u{fffd}");
        assert_eq!(attribute("a\"\nb"), "a&quot;&#10;b");
    }
}
