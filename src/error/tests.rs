use super::*;

#[test]
fn a_location_counts_lines_and_characters_from_one() {
    let text = "select 1;\r\nsélect oops;\n";

    let location = Location::of_offset("a.sql", text, text.find("oops").unwrap());
    assert_eq!(location.to_string(), "a.sql:2:8");
    assert_eq!(location.excerpt, "sélect oops;");
}

#[test]
fn a_location_past_the_end_is_the_end() {
    assert_eq!(Location::of_offset("a.sql", "é", 99).to_string(), "a.sql:1:2");
}
