use super::*;

fn pieces(text: &str) -> Vec<&str> {
    Scanner::new(text)
        .map(|token| token.expect("the text is whole"))
        .filter(|token| !token.kind.is_trivia())
        .map(|token| &text[token.range])
        .collect()
}

fn error(text: &str) -> ScanError {
    Scanner::new(text).find_map(Result::err).expect("something never ends")
}

#[test]
fn all_tokens_together_are_the_text() {
    let text = "select E'a\\'b' || U&\"\\0041\" -- c\r\n/* x /* y */ */ $f$ ; $f$ + 1.5e3 $1 é \\restrict";

    let joined: String = Scanner::new(text).map(|token| &text[token.unwrap().range]).collect();
    assert_eq!(joined, text);
}

#[test]
fn a_doubled_quote_does_not_end_a_string() {
    assert_eq!(pieces("'it''s;' x"), ["'it''s;'", "x"]);
}

#[test]
fn a_backslash_escapes_only_in_an_escape_string() {
    assert_eq!(pieces(r"E'a\';' x"), [r"E'a\';'", "x"]);
    assert_eq!(pieces(r"'a\' x"), [r"'a\'", "x"]);
    assert_eq!(pieces(r"fooe'a\' x"), ["fooe", r"'a\'", "x"]);
}

#[test]
fn an_escape_string_goes_on_on_the_next_line() {
    assert_eq!(pieces("e'a'\n 'b\\';' x"), ["e'a'\n 'b\\';'", "x"]);
    assert_eq!(pieces("e'a' 'b\\' x"), ["e'a'", "'b\\'", "x"]);
}

#[test]
fn block_comments_nest() {
    assert_eq!(pieces("/* a /* b */ ; */ x"), ["x"]);
    assert_eq!(error("x /* a /* b */").what, Unterminated::Comment);
}

#[test]
fn a_dollar_inside_a_name_opens_nothing() {
    assert_eq!(pieces("a$b$ ; $b$;$b$"), ["a$b$", ";", "$b$;$b$"]);
}

#[test]
fn dollar_tags_must_match_exactly() {
    assert_eq!(pieces("$a$ $A$ $$ $b$ $a$ x"), ["$a$ $A$ $$ $b$ $a$", "x"]);
    assert_eq!(pieces("$é$;$é$ x"), ["$é$;$é$", "x"]);
    assert_eq!(error("select $a$ $b$").what, Unterminated::DollarQuote);
}

#[test]
fn a_parameter_is_not_a_dollar_quote() {
    assert_eq!(pieces("$1$2"), ["$1", "$2"]);
}

#[test]
fn a_comment_opens_inside_an_operator() {
    assert_eq!(pieces("1+--c\n2"), ["1", "+", "2"]);
}

#[test]
fn a_lone_carriage_return_ends_a_line_comment() {
    assert_eq!(pieces("-- c\rx"), ["x"]);
}

#[test]
fn an_unterminated_quote_points_at_its_start() {
    assert_eq!(error("select 'abc"), ScanError { what: Unterminated::Text, offset: 7 });
    assert_eq!(error("select E'abc\\"), ScanError { what: Unterminated::Text, offset: 7 });
    assert_eq!(error("select \"abc"), ScanError { what: Unterminated::QuotedName, offset: 7 });
}
