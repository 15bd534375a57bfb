//! The SQL of a mask. Pure.
//!
//! A fake is made of the SHA-256 of the key, the kind of mask and the value: nobody without the key can say which
//! fake belongs to a value, and everybody with it gets the same one everywhere. The key is a setting of the session
//! and stands in no statement: texts of COPY are kept by `pg_stat_statements` as they are.

use crate::mask::key::SETTING;
use crate::mask::rule::Mask;
use crate::mask::shape::{Family, Shape};
use crate::mask::words::{CITY, COMPANY, FIRST, LAST, LOREM, STREET, TRADE, longest};
use crate::pg::{literal, text_array};

/// Where the hash stands that a fake is made of. A name that no table of a user has.
const HASH: &str = "\"crmctl hash\".h";

/// How a value is masked in its column.
pub(crate) struct Column<'a> {
    /// The column, with its table before it.
    pub(crate) reference: &'a str,
    pub(crate) shape: &'a Shape,
    /// Whether two values must never become the same.
    pub(crate) is_unique: bool,
}

impl Column<'_> {
    /// The expression whose value goes along. None: the mask does not fit the column.
    pub(crate) fn masked(&self, mask: &Mask) -> Option<String> {
        let (value, shape) = (self.reference, self.shape);
        let fake = match mask {
            Mask::Keep => return Some(value.to_owned()),
            Mask::Null => return Some(format!("null::{}", shape.sql)),
            // A comment at its end must not comment out what follows.
            Mask::Sql(expression) => return Some(format!("(\n{expression}\n)::{}", shape.sql)),
            _ if shape.is_array => {
                let element = "\"crmctl element\".v";
                let fake = self.fake(mask, element).filter(|_| shape.is_text() && !self.is_unique)?;
                format!(
                    "array(select case when {element}::text <> '' then {fake} else {element}::text end \
                     from unnest({value}) with ordinality as \"crmctl element\" (v, n) order by n)"
                )
            }
            _ => self.fake(mask, value)?,
        };
        // Empty stays empty, and NULL stays NULL.
        let is_left = match shape.family {
            Family::Text { .. } => format!("coalesce({value}::text, '') = ''"),
            _ => format!("{value} is null"),
        };
        Some(format!("case when {is_left} then {value} else ({fake})::{} end", shape.sql))
    }

    fn fake(&self, mask: &Mask, value: &str) -> Option<String> {
        let body = match &self.shape.family {
            Family::Text { .. } => return self.text(mask, value),
            Family::Uuid if matches!(mask, Mask::Uuid | Mask::Hash) => uuid(),
            Family::Date => date(mask, value)?,
            Family::Timestamp => timestamp(mask, value)?,
            Family::Integer(greatest) if !self.is_unique && matches!(mask, Mask::Number { .. }) => {
                let noise = noise(mask, &format!("{value}::numeric"))?;
                format!("least(greatest(round({noise}), -{greatest}), {greatest})")
            }
            Family::Integer(i64::MAX) if *mask == Mask::Hash => number(1, 15),
            Family::Decimal(greatest) if !self.is_unique => {
                let noise = noise(mask, value)?;
                greatest.as_ref().map_or_else(
                    || noise.clone(),
                    |greatest| format!("case when {value} = 'NaN' then {value} else least(greatest({noise}, -{greatest}), {greatest}) end"),
                )
            }
            Family::Float if !self.is_unique => noise(mask, value)?,
            Family::Inet if !self.is_unique && *mask == Mask::Ip => {
                format!("set_masklen({}, masklen({value}))", address(&format!("family({value}) = 6")))
            }
            Family::Cidr if !self.is_unique && *mask == Mask::Ip => {
                format!(
                    "network(set_masklen({}, masklen({value})))",
                    address(&format!("family({value}) = 6"))
                )
            }
            Family::Json { is_binary } => return json(mask, value, *is_binary),
            Family::Bytes if *mask == Mask::Hash => HASH.to_owned(),
            Family::Bytes if !self.is_unique && matches!(mask, Mask::Redact { .. }) => "''::bytea".to_owned(),
            _ => return None,
        };
        Some(hashed(mask.word(), &format!("{value}::text"), &body))
    }

    /// The same for a text, as an expression of type text.
    fn text(&self, mask: &Mask, value: &str) -> Option<String> {
        let value = format!("{value}::text");
        let folds = matches!(mask, Mask::Email { exact: false })
            || self.shape.family == (Family::Text { ignores_case: true });
        let room = self.shape.room.unwrap_or(u32::MAX);
        let body = match mask {
            Mask::Text => return (!self.is_unique).then(|| filler(&value)),
            Mask::Redact { text } => return (!self.is_unique).then(|| literal(text)),
            _ => text_body(mask, &value, room, self.is_unique)?,
        };
        let same = if folds { format!("lower({value})") } else { value };
        Some(hashed(mask.word(), &same, &body))
    }
}

/// A fake that is always the same for a text: for what is not a column of a rule's.
pub(crate) fn pseudonym(kind: &str, value: &str) -> String {
    hashed(kind, value, &hex(16))
}

/// `body`, in which [`HASH`] is the hash of the value.
fn hashed(kind: &str, value: &str, body: &str) -> String {
    let key = format!("current_setting({})", literal(SETTING));
    format!(
        "(select {body} from (select sha256(convert_to({key} || {} || {value}, 'UTF8')) as h offset 0) as \"crmctl hash\")",
        literal(&format!("{kind}:"))
    )
}

/// Fakes that are texts, of at most `room` characters where that matters for being unique.
fn text_body(mask: &Mask, value: &str, room: u32, is_unique: bool) -> Option<String> {
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
fn filler(value: &str) -> String {
    let lorem = literal(LOREM);
    format!("left(repeat({lorem}, char_length({value}) / {} + 1), char_length({value}))", LOREM.len())
}

fn date(mask: &Mask, value: &str) -> Option<String> {
    let day = match mask {
        Mask::Date { days } => format!("{value} + {}::int", shift(i64::from(*days))),
        // The day of the year itself is left out: every date moves.
        Mask::Birthday => format!(
            "make_date(extract(year from {value})::int, 1, 1) + ((extract(doy from {value})::int + {} % 364) % 365)::int",
            number(1, 8)
        ),
        _ => return None,
    };
    Some(format!("case when isfinite({value}) then {day} else {value} end"))
}

fn timestamp(mask: &Mask, value: &str) -> Option<String> {
    let moved = match mask {
        Mask::Date { days } => {
            format!("{value} + {} * interval '1 second'", shift(i64::from(*days) * 86_400))
        }
        Mask::Birthday => format!(
            "date_trunc('year', {value}) + ((extract(doy from {value})::int + {} % 364) % 365) * interval '1 day'",
            number(1, 8)
        ),
        _ => return None,
    };
    Some(format!("case when isfinite({value}) then {moved} else {value} end"))
}

/// Anything from `-most` to `most` but zero.
fn shift(most: i64) -> String {
    format!("((1 + {} % {most}) * (get_byte({HASH}, 31) % 2 * 2 - 1))", number(1, 12))
}

fn noise(mask: &Mask, value: &str) -> Option<String> {
    let Mask::Number { percent } = mask else { return None };
    let spread = format!("({} % 2000001 - 1000000)", number(1, 12));
    Some(format!("{value} * (1 + {spread} * {percent} / 100000000.0)"))
}

fn json(mask: &Mask, value: &str, is_binary: bool) -> Option<String> {
    match mask {
        Mask::Redact { .. } => Some("'{}'".to_owned()),
        Mask::Json(paths) => {
            let mut document = if is_binary { value.to_owned() } else { format!("{value}::jsonb") };
            for (path, mask) in paths {
                document = replaced(&document, path, mask)?;
            }
            Some(document)
        }
        _ => None,
    }
}

/// A document whose value at a path is masked. What is there and no text becomes null: a list of addresses must not
/// pass for no address.
fn replaced(document: &str, path: &str, mask: &Mask) -> Option<String> {
    let shape = Shape {
        family: Family::Text { ignores_case: false },
        is_array: false,
        room: None,
        sql: "text".to_owned(),
    };
    let column = Column { reference: "", shape: &shape, is_unique: false };
    let steps = text_array(&path.split('.').collect::<Vec<_>>());
    let whole = "\"crmctl json\".d";
    let found = format!("({whole} #>> {steps})");
    let fake = match mask {
        Mask::Keep => return Some(document.to_owned()),
        Mask::Null => "'null'".to_owned(),
        _ => format!(
            "case when {found} = '' then to_jsonb(''::text) when jsonb_typeof({whole} #> {steps}) = 'string' \
             then to_jsonb(({})::text) else 'null' end",
            column.text(mask, &found)?
        ),
    };
    Some(format!(
        "(select case when {whole} #> {steps} is null then {whole} else jsonb_set({whole}, {steps}, {fake}, false) end \
         from (select {document} as d offset 0) as \"crmctl json\")"
    ))
}

/// An address of a network that is nobody's: private, or set aside for documentation.
fn address(is_six: &str) -> String {
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

fn uuid() -> String {
    let part = |from: u32, length: u32| format!("substr(encode({HASH}, 'hex'), {from}, {length})");
    format!("({} || '4' || {} || '8' || {})::uuid", part(1, 12), part(13, 3), part(16, 15))
}

fn pick(words: &[&str], byte: u32) -> String {
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
fn hex(length: u32) -> String {
    format!("right(encode({HASH}, 'hex'), {length})")
}

/// A number of so many hexadecimal digits of the hash, from the one at `from` on.
fn number(from: u32, length: u32) -> String {
    format!("('x' || substr(encode({HASH}, 'hex'), {from}, {length}))::bit({})::bigint", length * 4)
}

/// So many decimal digits, at most seventeen.
fn digits(from: u32, count: u32) -> String {
    let count = count.min(17);
    format!("lpad(({} % {})::text, {count}, '0')", number(from, 15), 10_u64.pow(count))
}

#[cfg(test)]
mod tests {
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
            fits("text", "email")
                && fits("text", "first_name")
                && fits("uuid", "uuid")
                && fits("bigint", "hash")
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
}
