use super::*;

fn texts(script: &str) -> Vec<&str> {
    let statements = split("a.sql", script).expect("the script is whole");
    let joined: String = statements.iter().map(|statement| &script[statement.span.clone()]).collect();
    assert!(statements.is_empty() || joined == script, "splitting lost something of {script:?}");
    statements.iter().map(|statement| &script[statement.range.clone()]).collect()
}

fn refused(script: &str) -> ScriptError {
    split("a.sql", script).expect_err("the script is refused")
}

#[test]
fn statements_end_at_semicolons_and_are_trimmed() {
    assert_eq!(texts("\n select 1 ;\nselect 2\n;select 3"), ["select 1", "select 2", "select 3"]);
}

#[test]
fn an_empty_file_has_no_statements() {
    assert!(texts("").is_empty());
    assert!(texts(" \r\n\t").is_empty());
    assert!(texts(";; ;").is_empty());
}

#[test]
fn a_file_of_comments_is_one_statement_without_code() {
    let statements = split("a.sql", "-- nothing here\n/* nor here */\n").unwrap();

    assert_eq!(statements.len(), 1);
    assert_eq!(statements[0].code, None);
    assert_eq!(texts("-- nothing here\n/* nor here */\n"), ["-- nothing here\n/* nor here */"]);
}

#[test]
fn lone_semicolons_are_no_statements() {
    assert_eq!(texts(";;select 1;; ;\nselect 2;;"), ["select 1", "select 2"]);
}

#[test]
fn comments_stay_with_the_statement_that_follows() {
    assert_eq!(texts("select 1; -- one\nselect 2; -- two"), ["select 1", "-- one\nselect 2", "-- two"]);
}

#[test]
fn a_semicolon_in_a_comment_ends_nothing() {
    assert_eq!(texts("select /* ; /* ; */ ; */ 1 -- ;\n;"), ["select /* ; /* ; */ ; */ 1 -- ;"]);
}

#[test]
fn a_semicolon_in_any_quote_ends_nothing() {
    for quoted in [
        "';'",
        "'a'';'",
        r"E'\';'",
        "e'a'\n'\\';'",
        "U&';'",
        "\";\"",
        "\"a\"\";\"",
        "U&\";\"",
        "$$;$$",
        "$a$;$$;$a$",
        "B';'",
        "N';'",
    ] {
        let script = format!("select {quoted}; select 2");
        assert_eq!(texts(&script), [&format!("select {quoted}"), "select 2"], "{quoted}");
    }
}

#[test]
fn a_backslash_before_a_closing_quote_escapes_nothing_in_a_plain_string() {
    assert_eq!(texts(r"select '\'; select 2"), [r"select '\'", "select 2"]);
}

#[test]
fn a_semicolon_in_parentheses_ends_nothing() {
    let rule = "create rule r as on insert to t do also (delete from a; delete from b)";
    assert_eq!(texts(&format!("{rule}; select 1")), [rule, "select 1"]);
}

#[test]
fn a_body_of_begin_atomic_ends_at_its_own_end() {
    let function = "CREATE OR REPLACE FUNCTION f(a int) RETURNS int LANGUAGE sql\nBEGIN ATOMIC\n SELECT 1; SELECT CASE WHEN a > 1 THEN CASE a WHEN 2 THEN 3 END END; SELECT t.end, 1 AS end FROM t;\nEND";
    assert_eq!(texts(&format!("{function}; select 2;")), [function, "select 2"]);
}

#[test]
fn a_procedure_with_begin_atomic_and_a_comment_between_is_one_statement() {
    let procedure = "create procedure p() begin /* ; */ atomic insert into t values (1); end";
    assert_eq!(texts(&format!("{procedure};select 1")), [procedure, "select 1"]);
}

#[test]
fn a_column_called_atomic_opens_no_body() {
    assert_eq!(texts("select atomic from t; select begin atomic; end;").len(), 3);
}

#[test]
fn begin_and_end_of_a_transaction_are_statements() {
    assert_eq!(texts("begin; select 1; end;"), ["begin", "select 1", "end"]);
}

#[test]
fn the_body_of_a_do_block_is_one_statement() {
    let block = "do $do$ begin perform 1; raise notice '$$;'; end $do$";
    assert_eq!(texts(&format!("{block};\nselect 1")), [block, "select 1"]);
}

#[test]
fn copy_data_is_a_range_of_its_statement() {
    let script = "copy t (a, b) from stdin;\n1\t;'$$\n2\t\\N\n\\.\nselect 1;";
    let statements = split("a.sql", script).unwrap();

    assert_eq!(texts(script), ["copy t (a, b) from stdin", "select 1"]);
    assert_eq!(&script[statements[0].copy_data.clone().unwrap()], "1\t;'$$\n2\t\\N\n");
}

#[test]
fn copy_from_stdout_reads_what_copy_from_stdin_does() {
    let statements = split("a.sql", "copy t from stdout;\n1\n\\.\nselect 1;").unwrap();
    assert_eq!((statements.len(), statements[0].copy_data.clone()), (2, Some(20..22)));
}

#[test]
fn copy_data_with_windows_line_breaks_ends_at_its_mark() {
    let script = "COPY t FROM STDIN WITH (FORMAT csv); -- data\r\n1\r\n\\.\r\nselect 1;\r\n";
    let statements = split("a.sql", script).unwrap();

    assert_eq!(&script[statements[0].copy_data.clone().unwrap()], "1\r\n");
    assert_eq!(texts(script).len(), 2);
}

#[test]
fn copy_without_rows_has_empty_data() {
    let statements = split("a.sql", "copy t from stdin;\n\\.").unwrap();
    assert_eq!(statements[0].copy_data, Some(19..19));
}

#[test]
fn copy_to_stdout_and_from_a_program_have_no_data() {
    assert_eq!(texts("copy t to stdout; copy t from program 'x'; select stdin from from_stdin;").len(), 3);
}

#[test]
fn copy_data_without_an_end_is_refused() {
    assert_eq!(refused("select 1;\ncopy t from stdin;\n1\n").problem, Problem::UnterminatedCopy);
    assert_eq!(refused("select 1;\ncopy t from stdin").at.to_string(), "a.sql:2:1");
}

#[test]
fn text_behind_copy_on_its_line_is_refused() {
    assert_eq!(refused("copy t from stdin; select 1;\n\\.\n").problem, Problem::TextBehindCopy);
}

#[test]
fn restrict_lines_of_a_dump_are_in_no_statement() {
    let script = "--\n-- dump\n--\n\\restrict abc\n\nselect 1;\n\n\\unrestrict abc\n";
    assert_eq!(texts(script), ["--\n-- dump\n--", "select 1"]);
    assert_eq!(texts("\\restrict abc\nselect 1;\\unrestrict abc"), ["select 1"]);
}

#[test]
fn other_commands_of_psql_are_refused_with_their_place() {
    let error = refused("select 1;\n  \\connect postgres\n");

    assert_eq!(error.problem, Problem::MetaCommand("\\connect".to_owned()));
    assert_eq!(error.at.to_string(), "a.sql:2:3");
    assert_eq!(refused("select 1 \\gexec\n").problem, Problem::MetaCommand("\\gexec".to_owned()));
    assert_eq!(refused("select 1;\n\\.\n").problem, Problem::MetaCommand("\\.".to_owned()));
}

#[test]
fn restrict_inside_a_statement_is_refused() {
    assert_eq!(refused("select\n\\restrict x\n1").problem, Problem::MetaCommand("\\restrict".to_owned()));
}

#[test]
fn a_script_that_changes_what_a_string_is_is_refused() {
    for change in [
        "set standard_conforming_strings = off",
        "SET SESSION standard_conforming_strings TO 'off'",
        "set \"standard_conforming_strings\" = f",
        "set local standard_conforming_strings to 'No'",
    ] {
        let error = refused(&format!("select 1;\n  {change};\nselect 'a\\'';"));
        assert_eq!((error.problem, error.at.to_string()), (Problem::OtherStrings, "a.sql:2:3".to_owned()));
    }
    assert_eq!(texts("SET standard_conforming_strings = on; select 1").len(), 2);
}

#[test]
fn what_never_ends_is_refused_where_it_begins() {
    assert_eq!(refused("select 1;\nselect 'a;").at.to_string(), "a.sql:2:8");
    assert_eq!(refused("do $x$ begin end $X$;").at.to_string(), "a.sql:1:4");
    assert_eq!(refused("é /* /* */").at.to_string(), "a.sql:1:3");
}

#[test]
fn a_stray_closing_parenthesis_does_not_swallow_the_rest() {
    assert_eq!(texts("select 1); select 2;").len(), 2);
}

#[test]
fn a_column_called_end_or_case_behind_a_dot_is_a_name() {
    let function = "create function f() returns int begin atomic select a.case from a; end";
    assert_eq!(texts(&format!("{function}; select 1")).len(), 2);
}

#[test]
fn the_code_of_a_statement_begins_behind_its_comments() {
    let script = "-- why\nselect 1;";
    let statements = split("a.sql", script).unwrap();

    assert_eq!(statements[0].code_text(script), "select 1");
    assert_eq!(statements[0].location("a.sql", script).to_string(), "a.sql:2:1");
}

#[test]
fn the_history_gets_trimmed_statements_with_their_comments() {
    let script = "-- one\nselect 1;\n\n  select 2 ;\n-- end\n";
    let statements = split("a.sql", script).unwrap();

    assert_eq!(statements_for_history(script, &statements), ["-- one\nselect 1", "select 2", "-- end"]);
}

#[test]
fn splitting_any_mixture_loses_nothing_and_never_panics() {
    let pieces = [
        "select 1",
        ";",
        "'",
        "''",
        "\"",
        "$$",
        "$a$",
        "--",
        "/*",
        "*/",
        "\n",
        "\\",
        "(",
        ")",
        "E'",
        "begin atomic",
        "end",
        "copy t from stdin;\n",
        "\\.\n",
        "é",
        "$",
        "create function",
        " ",
    ];
    let mut seed = 7_u64;
    for _ in 0..20_000 {
        let mut script = String::new();
        for _ in 0..12 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            script.push_str(pieces[usize::try_from(seed >> 33).unwrap() % pieces.len()]);
        }
        if split("a.sql", &script).is_ok() {
            texts(&script);
        }
    }
}

#[test]
fn splitting_is_linear() {
    let time = |script: &str| {
        let start = std::time::Instant::now();
        split("a.sql", script).unwrap();
        start.elapsed().as_secs_f64()
    };
    for (opening, unit, closing) in [
        ("", "select 'a'; ", ""),
        ("select $a$", "$aa", "$a$"),
        ("select ", "/* ", ""),
        ("insert into t values ", "(1, 'x'), ", "(2, 'y')"),
    ] {
        let script = |units: usize| {
            let closing = if unit == "/* " { "*/".repeat(units) } else { closing.to_owned() };
            format!("{opening}{}{closing}", unit.repeat(units))
        };
        let (small, large) = (time(&script(20_000)), time(&script(160_000)));
        assert!(
            large < small.mul_add(40.0, 0.5),
            "{unit:?}: {small} s became {large} s for eight times as much"
        );
    }
}
