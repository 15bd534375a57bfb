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

    fn values(&self) -> impl Iterator<Item = Option<&str>> {
        let mut start = 0;
        self.ends.iter().map(move |&(end, is_null)| {
            let value = &self.text[start..end];
            start = end;
            (!is_null).then_some(value)
        })
    }

    /// Appends the row in the text format of COPY.
    pub(crate) fn copy_into(&self, chunk: &mut Vec<u8>) {
        for (index, value) in self.values().enumerate() {
            if index > 0 {
                chunk.push(b'\t');
            }
            let Some(value) = value else {
                chunk.extend_from_slice(b"\\N");
                continue;
            };
            for byte in value.bytes() {
                match byte {
                    b'\\' => chunk.extend_from_slice(b"\\\\"),
                    b'\t' => chunk.extend_from_slice(b"\\t"),
                    b'\n' => chunk.extend_from_slice(b"\\n"),
                    b'\r' => chunk.extend_from_slice(b"\\r"),
                    byte => chunk.push(byte),
                }
            }
        }
        chunk.push(b'\n');
    }

    /// The first 60 bits of the SHA-256 of the values; the server computes the same, see `statements::digest`.
    pub(crate) fn hash(&self) -> u64 {
        let mut hash = Sha256::new();
        for (index, value) in self.values().enumerate() {
            if index > 0 {
                hash.update([0x1f]);
            }
            hash.update(value.unwrap_or("\\N"));
        }
        let bytes: [u8; 32] = hash.finalize().into();
        bytes[..8].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)) >> 4
    }
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
        assert_eq!(fields.hash(), 656_695_000_742_313_285);
    }
}
