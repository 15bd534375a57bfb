use super::*;
use crate::catalog::Catalog;

fn masked(data_type: &str, mask: &Mask, is_unique: bool) -> Option<String> {
    let shape = Shape::of(data_type, &Catalog::default());
    Column { reference: "\"t\".\"c\"", shape: &shape, is_unique }.masked(mask)
}

#[test]
fn a_mask_fits_the_types_it_can_make() {
    let fits = |data_type, word| masked(data_type, &Mask::of_word(word).expect(word), false).is_some();
    for (data_type, word) in [
        ("character varying(50)", "email"),
        ("text[]", "phone"),
        ("extensions.citext", "email"),
        ("date", "birthday"),
        ("timestamp with time zone", "date"),
        ("numeric(10,2)", "number"),
        ("inet", "ip"),
        ("jsonb", "redact"),
        ("bytea", "hash"),
        ("public.mood", "null"),
        ("uuid", "uuid"),
    ] {
        assert!(fits(data_type, word), "{word} for {data_type}");
    }
    for (data_type, word) in [
        ("integer", "email"),
        ("character varying(20)", "email"),
        ("uuid", "name"),
        ("boolean", "hash"),
        ("date[]", "date"),
    ] {
        assert!(!fits(data_type, word), "{word} for {data_type}");
    }
}

#[test]
fn a_unique_column_takes_only_masks_wide_enough() {
    let fits = |data_type, word| masked(data_type, &Mask::of_word(word).expect(word), true).is_some();

    assert!(
        fits("text", "email") && fits("text", "first_name") && fits("uuid", "uuid") && fits("bigint", "hash")
    );
    for (data_type, word) in [
        ("text", "redact"),
        ("text", "text"),
        ("character varying(12)", "first_name"),
        ("integer", "number"),
        ("inet", "ip"),
    ] {
        assert!(!fits(data_type, word), "{word} for {data_type}");
    }
}

#[test]
fn the_key_stands_in_no_statement_and_null_and_empty_stay() {
    let sql = masked("text", &Mask::of_word("email").expect("email"), false).expect("fits");

    assert!(sql.contains("current_setting('crmctl.mask_key')"));
    assert!(sql.starts_with("case when coalesce(\"t\".\"c\"::text, '') = '' then \"t\".\"c\" else"));
    assert!(sql.contains("lower(\"t\".\"c\"::text)"));
}
