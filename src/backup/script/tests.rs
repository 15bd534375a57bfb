use super::*;

fn pieces(text: &str) -> Result<Vec<Piece>, BackupError> {
    let mut reader = ScriptReader::new(text.as_bytes(), "dump.sql");
    let mut pieces = Vec::new();
    while let Some(piece) = reader.next_piece()? {
        pieces.push(piece);
    }
    Ok(pieces)
}

fn statements(text: &str) -> Vec<String> {
    let text_of = |piece| match piece {
        Piece::Statement { sql, .. } => sql.trim().to_owned(),
        other => panic!("{other:?}"),
    };
    pieces(text).unwrap().into_iter().map(text_of).collect()
}

#[test]
fn a_function_body_is_one_statement_whatever_it_holds() {
    let body =
        "create function f() returns void language plpgsql as $_$\nbegin\n  perform 1;\n  -- \\.\nend;\n$_$;";

    assert_eq!(
        statements(&format!("\\restrict abc\n-- c\n\n{body}\nselect 1;\n\\unrestrict abc\n")),
        [body, "select 1;"]
    );
}

#[test]
fn an_atomic_body_is_one_statement() {
    let body = "create function f() returns int language sql\n    begin atomic\n select 1;\n select 2;\nend;";

    assert_eq!(statements(&format!("{body}\nselect 1;\n")), [body, "select 1;"]);
}

#[test]
fn a_string_with_statements_in_it_is_one_statement() {
    let comment = "comment on table a is 'one;\ntwo;\n--three;\n';";

    assert_eq!(statements(&format!("{comment}\nselect 'x;';\n")), [comment, "select 'x;';"]);
}

#[test]
fn copy_data_are_handed_on_as_they_are() {
    let found =
        pieces("COPY a (b) FROM stdin;\n1\\.\n;\n$x$\n\\.\n\nCOPY c FROM stdin;\n\\.\nselect 1;\n").unwrap();

    let expected = [
        Piece::Copy { sql: "COPY a (b) FROM stdin;\n".into(), line: 1 },
        Piece::Data(Bytes::from_static(b"1\\.\n;\n$x$\n")),
        Piece::End,
        Piece::Copy { sql: "COPY c FROM stdin;\n".into(), line: 7 },
        Piece::End,
        Piece::Statement { sql: "select 1;\n".into(), line: 9 },
    ];
    assert_eq!(found, expected);
}

#[test]
fn many_rows_come_in_chunks_that_end_with_a_line() {
    let rows = "0123456789\n".repeat(20_000);

    let found = pieces(&format!("COPY a FROM stdin;\n{rows}\\.\n")).unwrap();
    let data: Vec<&Bytes> = found
        .iter()
        .filter_map(|piece| if let Piece::Data(data) = piece { Some(data) } else { None })
        .collect();
    assert!(data.len() > 2 && data.iter().all(|chunk| chunk.ends_with(b"\n") && chunk.len() < 2 * CHUNK));
    assert_eq!(data.iter().map(|chunk| chunk.len()).sum::<usize>(), rows.len());
}

#[test]
fn a_file_that_stops_in_the_middle_is_refused() {
    let message = |text| pieces(text).unwrap_err().to_string();

    assert!(message("COPY a FROM stdin;\n1\n").contains("in the middle of the data"));
    assert!(message("select 1;\nselect 2\n").contains("line 2: the file ends in the middle of a statement"));
    assert!(message("\\connect x;\n").contains("command of psql"));
}
