//! A number of bytes as it is written on the command line.

/// A number of bytes, written with its unit: `500MB`, `1GB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ByteLimit(pub u64);

/// A text that is no number of bytes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no size: write a number and its unit, such as `500MB` or `1GB`")]
pub struct NotASize(String);

impl std::str::FromStr for ByteLimit {
    type Err = NotASize;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || NotASize(text.to_owned());
        let end = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
        let (number, unit) = text.split_at(end);
        let factor: u64 = match unit.trim().to_ascii_lowercase().as_str() {
            "b" => 1,
            "kb" => 1000,
            "mb" => 1_000_000,
            "gb" => 1_000_000_000,
            "tb" => 1_000_000_000_000,
            _ => return Err(wrong()),
        };
        number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).map(Self).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_has_a_unit() {
        assert_eq!("500MB".parse(), Ok(ByteLimit(500_000_000)));
        assert_eq!("1 gb".parse(), Ok(ByteLimit(1_000_000_000)));
        for wrong in ["", "1", "GB", "1.5GB", "99999999999999TB"] {
            assert!(wrong.parse::<ByteLimit>().is_err(), "{wrong}");
        }
    }
}
