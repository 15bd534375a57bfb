//! A number of bytes as people write it: `64MB`.

use std::str::FromStr;

use serde::Deserialize;

/// A number of bytes: digits, and `kB`, `MB` or `GB` behind them if it is not bytes that are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct ByteSize(pub u64);

impl FromStr for ByteSize {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let unit = text.trim_start_matches(|character: char| character.is_ascii_digit());
        let factor = match unit.trim_start() {
            "" | "B" => Some(1),
            "kB" => Some(1000),
            "MB" => Some(1_000_000),
            "GB" => Some(1_000_000_000),
            _ => None,
        };
        let number = text[..text.len() - unit.len()].parse::<u64>().ok();
        number
            .zip(factor)
            .and_then(|(number, factor)| number.checked_mul(factor))
            .map(Self)
            .ok_or_else(|| format!("`{text}` is no size, as `64MB` is one"))
    }
}

impl TryFrom<String> for ByteSize {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_digits_and_a_unit() {
        assert_eq!("64MB".parse(), Ok(ByteSize(64_000_000)));
        assert_eq!(" 2 GB ".parse(), Ok(ByteSize(2_000_000_000)));
        assert_eq!("0".parse(), Ok(ByteSize(0)));
        for wrong in ["", "MB", "-1", "1.5MB", "3 apples", "99999999999 GB"] {
            assert!(wrong.parse::<ByteSize>().is_err(), "{wrong}");
        }
    }
}
