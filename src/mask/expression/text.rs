//! Fakes that are texts. Pure.

use crate::mask::expression::hash::{HASH, address, digits, hex, pick, uuid};
use crate::mask::rule::Mask;
use crate::mask::words::{CITY, COMPANY, FIRST, LAST, LOREM, STREET, TRADE, longest};
use crate::pg::literal;

/// Fakes that are texts, of at most `room` characters where that matters for being unique.
pub(super) fn text_body(mask: &Mask, value: &str, room: u32, is_unique: bool) -> Option<String> {
    let plain = |text: String| match (is_unique, room) {
        (false, _) => Some(text),
        (true, 24..) => Some(format!("left({text}, {}) || '-' || {}", room.min(200) - 17, hex(16))),
        (true, 16..=23) => Some(hex(16)),
        (true, _) => None,
    };
    match mask {
        Mask::Email { .. } => email(room),
        Mask::FirstName => plain(pick(FIRST, 0)),
        Mask::LastName => plain(pick(LAST, 2)),
        Mask::Name => plain(format!("{} || ' ' || {}", pick(FIRST, 0), pick(LAST, 2))),
        Mask::Company => plain(format!("{} || ' ' || {}", pick(COMPANY, 0), pick(TRADE, 2))),
        Mask::City => plain(pick(CITY, 0)),
        Mask::Street => plain(street()),
        Mask::Address => plain(format!("{} || ', ' || {}", street(), pick(CITY, 4))),
        Mask::Zip => (!is_unique).then(|| digits(1, room.min(5))),
        Mask::Phone => phone(room, is_unique),
        Mask::Hash => (!is_unique || room >= 16).then(|| hex(room.min(32))),
        Mask::Uuid => (room >= 36).then(|| format!("{}::text", uuid())),
        Mask::Url => (room >= 36).then(|| format!("'https://example.com/' || {}", hex(16))),
        Mask::Ip => (!is_unique && room >= 39)
            .then(|| format!("host({})", address(&format!("position(':' in {value}) > 0")))),
        Mask::Iban => (room >= 22).then(iban),
        Mask::Card => (!is_unique && room >= 16).then(card),
        Mask::Keep
        | Mask::Null
        | Mask::Sql(_)
        | Mask::Json(_)
        | Mask::Date { .. }
        | Mask::Birthday
        | Mask::Number { .. }
        | Mask::Text
        | Mask::Redact { .. } => None,
    }
}

/// A name and 48 bits: unique among millions, and the same wherever there is room for it.
fn email(room: u32) -> Option<String> {
    let at = "'@example.com'";
    if room >= longest(FIRST) + longest(LAST) + 2 + 12 + 12 {
        let name = format!("lower({} || '.' || {})", pick(FIRST, 6), pick(LAST, 8));
        return Some(format!("{name} || '.' || {} || {at}", hex(12)));
    }
    (room >= 28).then(|| format!("{} || {at}", hex(16)))
}

/// The area code 555 and the country code 999 are given to nobody.
fn phone(room: u32, is_unique: bool) -> Option<String> {
    match (is_unique, room) {
        (true, 20..) => Some(format!("'+999' || {}", digits(1, 16))),
        (true, _) => None,
        (false, 15..) => Some(format!("'+1-555-' || {} || '-' || {}", digits(1, 3), digits(17, 4))),
        (false, 12..) => Some(format!("'+1555' || {}", digits(1, 7))),
        (false, _) => Some(digits(1, room)),
    }
}

fn street() -> String {
    format!("(1 + get_byte({HASH}, 6) * 256 + get_byte({HASH}, 7))::text || ' ' || {}", pick(STREET, 0))
}

/// Eighteen digits behind `DE` and the two that make the whole right.
fn iban() -> String {
    format!(
        "(select 'DE' || lpad((98 - mod((b || '131400')::numeric, 97))::text, 2, '0') || b from (select '0' || {} as b) as bban)",
        digits(1, 17)
    )
}

/// A number that no bank gives, with Luhn's digit at its end.
fn card() -> String {
    format!(
        "(select d || ((10 - (select sum(case when i % 2 = 1 then (x * 2) / 10 + (x * 2) % 10 else x end) \
         from (select i, substr(d, i, 1)::int as x from generate_series(1, 15) as i) as digit) % 10) % 10)::text \
         from (select '400000' || {} as d) as card)",
        digits(1, 9)
    )
}

/// As long as the value, and nothing of it.
pub(super) fn filler(value: &str) -> String {
    let lorem = literal(LOREM);
    format!("left(repeat({lorem}, char_length({value}) / {} + 1), char_length({value}))", LOREM.len())
}
