//! Texts with names in braces.

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    /// The number of the row.
    Number,
    /// A word of a list.
    Word(Vec<String>),
    /// A column, changed in some way.
    Column(super::value::Path, Change),
}

/// What is done to a column's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    Nothing,
    Lower,
    Upper,
    /// Letters and digits only, words joined by hyphens.
    Slug,
}

/// A piece of a template as it was written.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written<'text> {
    Text(String),
    Name { name: &'text str, change: Change },
}

/// Cuts a template into its pieces; `{{` and `}}` are braces.
pub(crate) fn cut(text: &str) -> Result<Vec<Written<'_>>, String> {
    let (mut pieces, mut plain, mut rest) = (Vec::new(), String::new(), text);
    while let Some(place) = rest.find(['{', '}']) {
        plain.push_str(&rest[..place]);
        let (brace, after) = rest[place..].split_at(1);
        if after.starts_with(brace) {
            plain.push_str(brace);
            rest = &after[1..];
            continue;
        }
        let end = after.find('}').filter(|_| brace == "{");
        let Some(end) = end else { return Err(format!("a brace of `{text}` has no partner")) };
        if !plain.is_empty() {
            pieces.push(Written::Text(std::mem::take(&mut plain)));
        }
        let (name, change) = after[..end].split_once(':').unwrap_or((&after[..end], ""));
        let change = match change {
            "" => Change::Nothing,
            "lower" => Change::Lower,
            "upper" => Change::Upper,
            "slug" => Change::Slug,
            other => return Err(format!("`:{other}` is none of `:lower`, `:upper` and `:slug`")),
        };
        pieces.push(Written::Name { name, change });
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    if !plain.is_empty() {
        pieces.push(Written::Text(plain));
    }
    Ok(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_cut_at_its_braces() {
        let pieces = cut("#{n}: {first:lower} {{x}}").unwrap();

        let name = |name, change| Written::Name { name, change };
        let text = |text: &str| Written::Text(text.to_owned());
        assert_eq!(
            pieces,
            [text("#"), name("n", Change::Nothing), text(": "), name("first", Change::Lower), text(" {x}")]
        );
        assert!(cut("a {b").is_err() && cut("a } b").is_err() && cut("{a:b}").is_err());
    }
}
