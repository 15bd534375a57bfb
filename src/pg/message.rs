//! Messages as they come from a server, or from something that only looks like one.

use std::io;

use bytes::BytesMut;
use postgres_protocol::message::backend::Message;

/// Only rows, data, remarks and the like are longer, as libpq has it: whatever else claims to be is no PostgreSQL.
const LONGEST_SHORT: u32 = 30_000;

/// No value of PostgreSQL's is longer than a gigabyte, and no message much longer than a value.
const LONGEST: u32 = 1 << 30;

/// The next message, once it has come whole.
pub(crate) fn next(incoming: &mut BytesMut) -> io::Result<Option<Message>> {
    if let [tag, a, b, c, d, ..] = incoming[..] {
        let length = u32::from_be_bytes([a, b, c, d]);
        let longest = if matches!(tag, b'T' | b'D' | b'd' | b'V' | b'E' | b'N' | b'A') {
            LONGEST
        } else {
            LONGEST_SHORT
        };
        if !(4..=longest).contains(&length) {
            return Err(invalid("a message of impossible length: is it PostgreSQL that answers there?"));
        }
    }
    Message::parse(incoming).map_err(|error| invalid(&error.to_string()))
}

pub(crate) fn invalid(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(bytes: &[u8]) -> io::Result<bool> {
        next(&mut BytesMut::from(bytes)).map(|message| message.is_some())
    }

    #[test]
    fn a_message_is_taken_when_it_is_whole() {
        assert!(parsed(b"Z\0\0\0\x05I").unwrap());
        assert!(!parsed(b"Z\0\0\0\x05").unwrap());
        assert!(!parsed(b"").unwrap());
    }

    #[test]
    fn what_no_server_would_say_is_refused_before_memory_is_taken_for_it() {
        for bytes in
            [&b"Z\0\0\0\x03"[..], b"C\x7f\xff\xff\xff", b"HTTP/1.1 400", b"D\xff\xff\xff\xff", b"D\x50\0\0\0"]
        {
            let error = parsed(bytes).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{bytes:?}");
        }
        assert_eq!(parsed(b"?\0\0\0\x04").unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
