//! Pieces of the hash that a fake is made of. Pure.

use crate::mask::key::SETTING;
use crate::pg::literal;

/// Where the hash stands that a fake is made of. A name that no table of a user has.
pub(super) const HASH: &str = "\"crmctl hash\".h";

/// `body`, in which [`HASH`] is the hash of the value.
pub(super) fn hashed(kind: &str, value: &str, body: &str) -> String {
    let key = format!("current_setting({})", literal(SETTING));
    format!(
        "(select {body} from (select sha256(convert_to({key} || {} || {value}, 'UTF8')) as h offset 0) as \"crmctl hash\")",
        literal(&format!("{kind}:"))
    )
}

/// An address of a network that is nobody's: private, or set aside for documentation.
pub(super) fn address(is_six: &str) -> String {
    let byte = |at: u32| format!("get_byte({HASH}, {at})");
    let six: Vec<String> =
        [1, 5, 9, 13].map(|from| format!("substr(encode({HASH}, 'hex'), {from}, 4)")).into();
    format!(
        "case when {is_six} then ('2001:db8:0:0:' || {})::inet else ('10.' || {} || '.' || {} || '.' || {})::inet end",
        six.join(" || ':' || "),
        byte(0),
        byte(1),
        byte(2)
    )
}

pub(super) fn uuid() -> String {
    let part = |from: u32, length: u32| format!("substr(encode({HASH}, 'hex'), {from}, {length})");
    format!("({} || '4' || {} || '8' || {})::uuid", part(1, 12), part(13, 3), part(16, 15))
}

pub(super) fn pick(words: &[&str], byte: u32) -> String {
    format!(
        "({})[1 + (get_byte({HASH}, {byte}) * 256 + get_byte({HASH}, {})) % {}]",
        literal(&format!(
            "{{{}}}",
            words.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(",")
        )) + "::text[]",
        byte + 1,
        words.len()
    )
}

/// The last hexadecimal digits: no word is picked by them.
pub(super) fn hex(length: u32) -> String {
    format!("right(encode({HASH}, 'hex'), {length})")
}

/// A number of so many hexadecimal digits of the hash, from the one at `from` on.
pub(super) fn number(from: u32, length: u32) -> String {
    format!("('x' || substr(encode({HASH}, 'hex'), {from}, {length}))::bit({})::bigint", length * 4)
}

/// So many decimal digits, at most seventeen.
pub(super) fn digits(from: u32, count: u32) -> String {
    let count = count.min(17);
    format!("lpad(({} % {})::text, {count}, '0')", number(from, 15), 10_u64.pow(count))
}
