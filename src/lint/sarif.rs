//! Findings as SARIF 2.1.0, which code scanning services read.

use serde_json::{Value, json};

use crate::lint::finding::{Finding, Severity};
use crate::lint::report::LintReport;
use crate::lint::rule::{RULES, page};

/// The whole log of one run. Paths in it are relative to the repository if those of the findings are.
#[must_use]
pub fn sarif(report: &LintReport) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": rule.name,
                "shortDescription": { "text": rule.summary },
                "helpUri": page(rule.id),
            })
        })
        .collect();
    let of_files = report.findings.iter().map(of_file);
    let of_schema = report.catalog.iter().map(|finding| {
        let text = format!("{}: {}", finding.message, finding.help);
        let object = finding.object.to_string();
        let mut result = result(finding.rule, finding.severity, &text);
        result["locations"] = json!([{ "logicalLocations": [{ "fullyQualifiedName": object }] }]);
        result
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "crmctl",
                "version": env!("CARGO_PKG_VERSION"),
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "rules": rules,
            }},
            "columnKind": "unicodeCodePoints",
            "results": of_files.chain(of_schema).collect::<Vec<Value>>(),
        }],
    })
}

fn of_file(finding: &Finding) -> Value {
    let location = &finding.location;
    let mut result =
        result(finding.rule, finding.severity, &format!("{}: {}", finding.message, finding.help));
    result["locations"] = json!([{ "physicalLocation": {
        "artifactLocation": { "uri": uri(&location.file) },
        "region": {
            "startLine": location.line,
            "startColumn": location.column,
            "snippet": { "text": location.excerpt },
        },
    }}]);
    result
}

fn result(rule: &str, severity: Severity, text: &str) -> Value {
    let index = RULES.iter().position(|other| other.id == rule);
    json!({ "ruleId": rule, "ruleIndex": index, "level": severity.word(), "message": { "text": text } })
}

/// A path as a relative reference: forward slashes, and nothing in it that means something else there.
fn uri(path: &str) -> String {
    let path = path.trim_start_matches("./");
    let letter = |letter: char| match letter {
        '\\' => "/".to_owned(),
        ' ' | '%' | '#' | '?' | '"' | '<' | '>' | '[' | ']' | '^' | '`' | '{' | '}' | '|' => {
            format!("%{:02X}", u32::from(letter))
        }
        letter => letter.to_string(),
    };
    path.chars().map(letter).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lint::{LiveFacts, lint};
    use crate::migration::file::test_file;

    #[test]
    fn a_result_names_rule_level_and_place() {
        let file = test_file("1_a", "select 1;\n  drop table a;");
        let findings = lint(&[&file], &LiveFacts::default());
        let log = sarif(&LintReport { files: 1, findings, ..LintReport::default() });

        let result = &log["runs"][0]["results"][0];
        assert_eq!((result["ruleId"].as_str(), result["level"].as_str()), (Some("D01"), Some("error")));
        let place = &result["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], "migrations/1_a.sql");
        assert_eq!(
            (place["region"]["startLine"].as_u64(), place["region"]["startColumn"].as_u64()),
            (Some(2), Some(3))
        );
        let rule = usize::try_from(result["ruleIndex"].as_u64().expect("a number")).expect("it is small");
        assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][rule]["id"], "D01");
    }

    #[test]
    fn a_path_becomes_a_reference() {
        assert_eq!(uri("./my files/a#1.sql"), "my%20files/a%231.sql");
    }
}
