//! The definition of a view, as every version prints it. Pure.
//!
//! Version 15 writes `SELECT people.name FROM people`, later ones `SELECT name FROM people`: of a query over a single
//! relation they leave the relation's name away, outside of its sub-selects. It is left away here.

/// What may follow the relation.
const CLAUSES: &[&str] =
    &["WHERE", "GROUP", "HAVING", "WINDOW", "ORDER", "OFFSET", "LIMIT", "FETCH", "FOR", ";"];
/// What says that there is more than one.
const SEVERAL: &[&str] = &[",", "JOIN", "UNION", "INTERSECT", "EXCEPT"];

/// The same definition without the name of its only relation before the columns.
pub(super) fn canonical(definition: &str) -> String {
    let tokens = tokens(definition);
    let Some((relation, from)) = only_relation(&tokens) else { return definition.to_owned() };
    let mut text = String::with_capacity(definition.len());
    let mut skipped = 0;
    for (index, token) in tokens.iter().enumerate() {
        let before = words(&tokens[..index]).next_back();
        let after = |count: usize| tokens.get(index + count).map_or("", |token| token.text);
        let is_prefix = token.text == relation
            && !token.is_below_select
            && !from.contains(&index)
            && !matches!(before, Some("." | ":" | "COLLATE"))
            && after(1) == "."
            && is_name(after(2))
            && after(3) != "(";
        if skipped > 0 {
            skipped -= 1;
        } else if is_prefix {
            skipped = 1;
        } else {
            text += token.text;
        }
    }
    text
}

/// A name, a number, a string, white space or a single other character.
#[derive(Debug)]
struct Token<'a> {
    text: &'a str,
    /// How many parentheses are open.
    depth: usize,
    /// Whether one of them holds a query.
    is_below_select: bool,
}

/// The name of the only relation of the outermost query, and the tokens that it comes from.
fn only_relation<'a>(tokens: &[Token<'a>]) -> Option<(&'a str, std::ops::Range<usize>)> {
    let outer = |token: &Token, words: &[&str]| token.depth == 0 && words.contains(&token.text);
    let start = tokens.iter().position(|token| outer(token, &["FROM"]))? + 1;
    let length = tokens[start..].iter().position(|token| outer(token, CLAUSES))?;
    if tokens.iter().skip(start).any(|token| outer(token, &SEVERAL[1..]))
        || tokens[..start].iter().any(|token| outer(token, &SEVERAL[2..]))
        || tokens[start..start + length].iter().any(|token| outer(token, SEVERAL))
    {
        return None;
    }
    // The last name outside of parentheses: the alias, else the relation itself. Before a sample's method.
    let item = &tokens[start..start + length];
    let item = item.split(|token| outer(token, &["TABLESAMPLE"])).next()?;
    let relation = item.iter().rfind(|token| token.depth == 0 && is_name(token.text))?;
    Some((relation.text, start..start + length))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first == '"' || first == '_' || first.is_alphabetic())
}

/// The tokens that are no white space.
fn words<'a>(tokens: &'a [Token<'a>]) -> impl DoubleEndedIterator<Item = &'a str> {
    tokens.iter().map(|token| token.text).filter(|text| !text.trim().is_empty())
}

fn tokens(definition: &str) -> Vec<Token<'_>> {
    let mut tokens: Vec<Token> = Vec::new();
    // For each open parenthesis, whether a query is in it; known with its first word.
    let mut open: Vec<Option<bool>> = Vec::new();
    let mut rest = definition;
    while let Some(first) = rest.chars().next() {
        let (text, after) = rest.split_at(length(rest, first));
        rest = after;
        if text == ")" {
            open.pop();
        }
        let is_space = first.is_whitespace();
        if let Some(last @ None) = open.last_mut()
            && !is_space
        {
            *last = Some(matches!(text, "SELECT" | "WITH" | "VALUES"));
        }
        let is_below_select = open.contains(&Some(true));
        tokens.push(Token { text, depth: open.len(), is_below_select });
        if text == "(" {
            open.push(None);
        }
    }
    tokens
}

/// Bytes of the first token.
fn length(text: &str, first: char) -> usize {
    let until = |is_part: fn(char) -> bool| text.find(|letter| !is_part(letter)).unwrap_or(text.len());
    match first {
        '\'' | '"' => quoted(text, first),
        _ if first.is_whitespace() => until(char::is_whitespace),
        _ if first == '_' || first.is_alphanumeric() => {
            until(|letter| letter == '_' || letter == '$' || letter.is_alphanumeric())
        }
        _ => first.len_utf8(),
    }
}

/// Bytes up to the quote that ends it; doubled ones do not.
fn quoted(text: &str, quote: char) -> usize {
    let mut end = 1;
    while let Some(next) = text[end..].find(quote) {
        end += next + 1;
        if !text[end..].starts_with(quote) {
            return end;
        }
        end += 1;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_only_relation_is_left_away_before_its_columns() {
        let old = " SELECT p.name,\n    upper(p.\"No\") AS x,\n    p.*::public.p AS p\n   FROM public.people p\n  WHERE (p.age > 17)\n  ORDER BY p.name;";

        assert_eq!(
            canonical(old),
            " SELECT name,\n    upper(\"No\") AS x,\n    p.*::public.p AS p\n   FROM public.people p\n  WHERE (age > 17)\n  ORDER BY name;"
        );
    }

    #[test]
    fn strings_functions_types_and_sub_selects_keep_it() {
        let kept = " SELECT 'x.y it''s x.y',\n    x.f(1),\n    (1)::x.t AS t,\n    ( SELECT x.a\n           FROM y\n          WHERE (x.b = y.b)) AS a\n   FROM public.x;";

        assert_eq!(canonical(kept), kept);
        assert_eq!(canonical(&kept.replace("x.f(1)", "x.f")), kept.replace("x.f(1)", "f"));
    }

    #[test]
    fn the_method_of_a_sample_is_no_relation() {
        assert_eq!(
            canonical(" SELECT t.id\n   FROM public.t TABLESAMPLE system ((10)) REPEATABLE (2);"),
            " SELECT id\n   FROM public.t TABLESAMPLE system ((10)) REPEATABLE (2);"
        );
    }

    #[test]
    fn queries_over_several_relations_stay() {
        for kept in [
            " SELECT a.x\n   FROM a,\n    b;",
            " SELECT a.x\n   FROM (a\n     JOIN b ON ((a.x = b.x)));",
            " SELECT a.x\n   FROM a\nUNION\n SELECT b.x\n   FROM b;",
            " SELECT 1 AS x;",
        ] {
            assert_eq!(canonical(kept), kept);
        }
    }
}
