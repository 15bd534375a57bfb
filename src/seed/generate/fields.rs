//! The values of one row, and how they are written for COPY.

use std::fmt::{Display, Write};

use sha2::{Digest, Sha256};

use crate::seed::generate::time::{Day, Moment};

/// The values of one row, in column order. One allocation serves all rows of a table.
#[derive(Debug, Default)]
pub(crate) struct Fields {
    text: String,
    /// Where each value ends, and whether it is NULL.
    ends: Vec<(usize, bool)>,
}

impl Fields {
    pub(crate) fn clear(&mut self) {
        self.text.clear();
        self.ends.clear();
    }

    pub(crate) fn len(&self) -> usize {
        self.ends.len()
    }

    /// A value, as PostgreSQL writes its type as text: hashes are compared with what the server says.
    pub(crate) fn put(&mut self, value: impl Display) -> &mut Self {
        // Writing to a `String` cannot fail.
        let _ = write!(self.text, "{value}");
        self.ends.push((self.text.len(), false));
        self
    }

    /// A value that may be NULL.
    pub(crate) fn maybe(&mut self, value: Option<impl Display>) -> &mut Self {
        if let Some(value) = value {
            return self.put(value);
        }
        self.ends.push((self.text.len(), true));
        self
    }

    /// The columns that all tables end with.
    pub(crate) fn life(&mut self, created: Moment, updated: Moment, deleted: Option<Moment>) -> &mut Self {
        self.put(created).put(updated).maybe(deleted)
    }

    /// Cents as a number with two decimals.
    pub(crate) fn money(&mut self, cents: u64) -> &mut Self {
        self.put(format_args!("{}.{:02}", cents / 100, cents % 100))
    }

    pub(crate) fn day(&mut self, day: Option<Day>) -> &mut Self {
        self.maybe(day)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = Option<&str>> {
        let mut start = 0;
        self.ends.iter().map(move |&(end, is_null)| {
            let value = &self.text[start..end];
            start = end;
            (!is_null).then_some(value)
        })
    }

    /// A value that is written in pieces: `write` appends them, and says false where the value is NULL.
    pub(crate) fn write(&mut self, write: impl FnOnce(&mut String) -> bool) {
        let start = self.text.len();
        let is_null = !write(&mut self.text);
        if is_null {
            self.text.truncate(start);
        }
        self.ends.push((self.text.len(), is_null));
    }

    /// Appends the row in the text format of COPY.
    pub(crate) fn copy_into(&self, chunk: &mut Vec<u8>) {
        copy_values(self.values(), chunk);
    }

    /// The same with the values at these places only.
    pub(crate) fn copy_some_into(&self, places: &[usize], chunk: &mut Vec<u8>) {
        copy_values(places.iter().map(|place| self.values().nth(*place).flatten()), chunk);
    }

    /// The first 60 bits of the SHA-256 of the compared values; the server computes the same, see `statements::digest`.
    pub(crate) fn hash(&self, compared: &[bool]) -> u64 {
        let mut hash = Sha256::new();
        let values = self.values().zip(compared).filter(|(_, is_compared)| **is_compared);
        for (index, (value, _)) in values.enumerate() {
            if index > 0 {
                hash.update([0x1f]);
            }
            hash.update(value.unwrap_or("\\N"));
        }
        let bytes: [u8; 32] = hash.finalize().into();
        bytes[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) >> 4
    }
}

fn copy_values<'a>(values: impl Iterator<Item = Option<&'a str>>, chunk: &mut Vec<u8>) {
    for (index, value) in values.enumerate() {
        if index > 0 {
            chunk.push(b'\t');
        }
        let Some(value) = value else {
            chunk.extend_from_slice(b"\\N");
            continue;
        };
        let mut rest = value.as_bytes();
        // Most values need nothing: they are copied whole.
        while let Some(place) = rest.iter().position(|byte| matches!(byte, b'\\' | b'\t' | b'\n' | b'\r')) {
            chunk.extend_from_slice(&rest[..place]);
            chunk.extend_from_slice(match rest[place] {
                b'\t' => b"\\t",
                b'\n' => b"\\n",
                b'\r' => b"\\r",
                _ => b"\\\\",
            });
            rest = &rest[place + 1..];
        }
        chunk.extend_from_slice(rest);
    }
    chunk.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_copy_would_misread_is_escaped() {
        let mut fields = Fields::default();
        fields.put("a\tb\nc\rd\\N").maybe(None::<u8>).put("").money(1205);

        let mut chunk = Vec::new();
        fields.copy_into(&mut chunk);
        assert_eq!(String::from_utf8(chunk).unwrap(), "a\\tb\\nc\\rd\\\\N\t\\N\t\t12.05\n");
    }

    #[test]
    fn the_hash_is_the_one_the_server_computes() {
        let mut fields = Fields::default();
        fields.put("a").maybe(None::<u8>);

        // select ('x' || left(encode(sha256(E'a\x1f\\\\N'), 'hex'), 15))::bit(60)::bigint
        assert_eq!(fields.hash(&[true; 2]), 656_695_000_742_313_285);
    }
}
