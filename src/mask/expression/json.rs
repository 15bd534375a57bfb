//! Masks of values inside JSON documents. Pure.

use crate::mask::expression::Column;
use crate::mask::rule::Mask;
use crate::mask::shape::{Family, Shape};
use crate::pg::text_array;

/// A document whose values at a path are masked. A path leads through lists, into each of their elements. What is there
/// and no text becomes null: a list of addresses must not pass for no address.
pub(super) fn replaced(document: &str, path: &str, mask: &Mask) -> Option<String> {
    if *mask == Mask::Keep {
        return Some(document.to_owned());
    }
    let steps: Vec<&str> = path.split('.').collect();
    let masked = below("\"crmctl json\".d", &steps, 0, mask)?;
    Some(format!("(select {masked} from (select {document} as d offset 0) as \"crmctl json\")"))
}

/// `value` with everything masked that `steps` lead to.
fn below(value: &str, steps: &[&str], depth: usize, mask: &Mask) -> Option<String> {
    let Some((step, rest)) = steps.split_first() else { return leaf(value, mask) };
    let here = format!("\"crmctl json {depth}\".d");
    let key = text_array(&[*step]);
    let inner = below(&format!("({here} #> {key})"), rest, depth + 1, mask)?;
    // A number is a place in a list; anything else is a name that every element of a list may have. Lists of lists are
    // not gone through, and must not go along either.
    let (is_list, nested) = if step.parse::<i32>().is_ok() {
        ("false".to_owned(), String::new())
    } else {
        (
            format!("jsonb_typeof({value}) = 'array'"),
            format!("when jsonb_typeof({here}) = 'array' then 'null'::jsonb "),
        )
    };
    Some(format!(
        "(select case when {is_list} then coalesce(jsonb_agg(m order by n), '[]') else jsonb_agg(m) -> 0 end \
         from (select n, case {nested}when {here} #> {key} is null then {here} else jsonb_set({here}, {key}, {inner}, false) end as m \
         from jsonb_array_elements(case when {is_list} then {value} else jsonb_build_array({value}) end) \
         with ordinality as \"crmctl json {depth}\" (d, n)) as \"crmctl list\")"
    ))
}

fn leaf(value: &str, mask: &Mask) -> Option<String> {
    if *mask == Mask::Null {
        return Some("'null'::jsonb".to_owned());
    }
    let shape = Shape {
        family: Family::Text { ignores_case: false },
        is_array: false,
        room: None,
        sql: "text".to_owned(),
    };
    let fake = Column { reference: "", shape: &shape, is_unique: false }
        .text(mask, &format!("({value} #>> '{{}}')"))?;
    Some(format!(
        "case when {value} = '\"\"' then {value} when jsonb_typeof({value}) = 'string' then to_jsonb(({fake})::text) \
         else 'null'::jsonb end"
    ))
}
