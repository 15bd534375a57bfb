//! The SQL of a mask. Pure.
//!
//! A fake is made of the SHA-256 of the key, the kind of mask and the value: nobody without the key can say which
//! fake belongs to a value, and everybody with it gets the same one everywhere. The key is a setting of the session
//! and stands in no statement: texts of COPY are kept by `pg_stat_statements` as they are.

mod hash;
mod json;
mod text;

use self::hash::{HASH, address, hashed, hex, number, uuid};
use self::text::{filler, text_body};
use crate::mask::rule::Mask;
use crate::mask::shape::{Family, Shape};
use crate::pg::literal;

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

fn date(mask: &Mask, value: &str) -> Option<String> {
    let within = within(value, "5874800-01-01");
    let day = match mask {
        Mask::Date { days } => format!("{within} + {}::int", shift(i64::from(*days))),
        // The day of the year itself is left out: every date moves.
        Mask::Birthday => format!(
            "make_date(extract(year from {within})::int, 1, 1) + ((extract(doy from {within})::int + {} % 364) % 365)::int",
            number(1, 8)
        ),
        _ => return None,
    };
    Some(format!("case when isfinite({value}) then {day} else {value} end"))
}

/// Days at the ends of what a type holds could not be moved.
fn within(value: &str, last: &str) -> String {
    format!("greatest(least({value}, '{last}'), '4600-01-01 BC')")
}

fn timestamp(mask: &Mask, value: &str) -> Option<String> {
    let within = within(value, "294200-01-01");
    let moved = match mask {
        Mask::Date { days } => {
            format!("{within} + {} * interval '1 second'", shift(i64::from(*days) * 86_400))
        }
        Mask::Birthday => format!(
            "date_trunc('year', {within}) + ((extract(doy from {within})::int + {} % 364) % 365) * interval '1 day'",
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
                document = json::replaced(&document, path, mask)?;
            }
            Some(document)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
