//! What a change of type does to the rows that are there. Pure knowledge of the server.

use crate::lint::words::Words;

/// What the server does to a table when a column gets another type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing: the stored values are those of the new type as well.
    Free,
    /// It writes every row anew.
    Rewrite,
    /// It writes or reads every row, and fails or cuts where the new type holds less.
    Narrowing,
}

/// A type with its numbers in parentheses, in its usual name.
#[derive(Debug, PartialEq, Eq)]
struct Type {
    base: String,
    numbers: Vec<i64>,
}

/// The words of a type in a column's definition, up to what is no part of it.
pub(crate) fn type_words(definition: Words) -> String {
    const ENDS: [&str; 12] = [
        "not",
        "null",
        "default",
        "primary",
        "unique",
        "references",
        "check",
        "generated",
        "constraint",
        "collate",
        "using",
        "storage",
    ];
    let depth = definition.0.first().map_or(0, |word| word.depth);
    let is_end = |word: &crate::migration::word::Word<'_>| {
        word.depth < depth || ENDS.iter().any(|end| word.is(end)) || (word.depth == depth && word.is(","))
    };
    let end = definition.0.iter().position(is_end).unwrap_or(definition.0.len());
    let texts: Vec<String> = definition.0[..end].iter().map(|word| word.text.to_lowercase()).collect();
    texts.join(" ")
}

impl Type {
    fn parse(text: &str) -> Self {
        let text =
            text.to_lowercase().replace('"', "").replace("pg_catalog .", "").replace("pg_catalog.", "");
        let (head, rest) = text.split_once('(').unwrap_or((&text, ""));
        let (inside, tail) = rest.split_once(')').unwrap_or((rest, ""));
        let words: Vec<&str> = head.split_whitespace().chain(tail.split_whitespace()).collect();
        let numbers = inside.split(',').filter_map(|number| number.trim().parse().ok()).collect();
        let base = match words.join(" ").as_str() {
            "character varying" => "varchar",
            "int" | "int4" => "integer",
            "int8" => "bigint",
            "int2" => "smallint",
            "decimal" => "numeric",
            "float4" => "real",
            "float8" | "float" => "double precision",
            "character" | "bpchar" => "char",
            "timestamp with time zone" => "timestamptz",
            "timestamp without time zone" => "timestamp",
            "bool" => "boolean",
            "bit varying" => "varbit",
            other => other,
        }
        .to_owned();
        Self { base, numbers }
    }

    /// How much a number type holds; `None` for others.
    fn rank(&self) -> Option<u8> {
        Some(match self.base.as_str() {
            "smallint" => 1,
            "integer" => 2,
            "bigint" => 3,
            "real" => 4,
            "double precision" => 5,
            "numeric" => 6,
            _ => return None,
        })
    }

    fn limit(&self) -> i64 {
        self.numbers.first().copied().unwrap_or(i64::MAX)
    }
}

/// What happens when a column of type `old` gets the type `new`. Without `old` nobody knows: it may be rewritten.
pub(crate) fn change(old: Option<&str>, new: &str) -> Change {
    let new = Type::parse(new);
    let Some(old) = old.map(Type::parse) else { return Change::Rewrite };
    if old == new {
        return Change::Free;
    }
    if let (Some(before), Some(after)) = (old.rank(), new.rank())
        && before != after
    {
        return if after < before { Change::Narrowing } else { Change::Rewrite };
    }
    match (old.base.as_str(), new.base.as_str()) {
        ("varchar" | "text", "text") | ("cidr", "inet") => Change::Free,
        ("varchar" | "text", "varchar") | ("varbit", "varbit") if new.limit() >= old.limit() => Change::Free,
        ("varchar" | "text", "varchar" | "char")
        | ("varbit", "varbit")
        | ("timestamp" | "timestamptz", "date" | "time") => Change::Narrowing,
        ("char", "char") if new.limit() < old.limit() => Change::Narrowing,
        ("numeric", "numeric") => numeric(&old, &new),
        ("timestamp" | "timestamptz", other) if old.base == other => {
            if new.limit() >= old.limit() {
                Change::Free
            } else {
                Change::Narrowing
            }
        }
        _ => Change::Rewrite,
    }
}

/// More digits before the point with as many behind it change nothing that is stored.
fn numeric(old: &Type, new: &Type) -> Change {
    let scale = |side: &Type| side.numbers.get(1).copied().unwrap_or(0);
    match (old.numbers.is_empty(), new.numbers.is_empty()) {
        (_, true) => Change::Free,
        (true, false) => Change::Narrowing,
        (false, false) if new.limit() - scale(new) < old.limit() - scale(old) || scale(new) < scale(old) => {
            Change::Narrowing
        }
        (false, false) if scale(new) == scale(old) => Change::Free,
        (false, false) => Change::Rewrite,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_the_same_way_is_free() {
        for (old, new) in [
            ("varchar(50)", "text"),
            ("character varying(50)", "varchar ( 60 )"),
            ("varchar", "pg_catalog.text"),
            ("numeric(10,2)", "numeric(12, 2)"),
            ("numeric(10,2)", "numeric"),
            ("int", "int4"),
            ("timestamp(3) without time zone", "timestamp"),
        ] {
            assert_eq!(change(Some(old), new), Change::Free, "{old} -> {new}");
        }
    }

    #[test]
    fn what_holds_less_is_narrowing() {
        for (old, new) in [
            ("bigint", "integer"),
            ("text", "varchar(10)"),
            ("varchar(50)", "varchar(10)"),
            ("numeric(10,2)", "numeric(8,2)"),
            ("numeric", "int"),
            ("timestamptz", "date"),
        ] {
            assert_eq!(change(Some(old), new), Change::Narrowing, "{old} -> {new}");
        }
    }

    #[test]
    fn everything_else_is_rewritten() {
        for (old, new) in
            [("integer", "bigint"), ("text", "jsonb"), ("timestamp", "timestamptz"), ("text", "uuid")]
        {
            assert_eq!(change(Some(old), new), Change::Rewrite, "{old} -> {new}");
        }
        assert_eq!(change(None, "text"), Change::Rewrite);
    }
}
