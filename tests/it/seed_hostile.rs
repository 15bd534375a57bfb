//! `crmctl seed` with files that nobody would write on purpose: one error with its place, and nothing touched.

use crate::support::{Database, Project, crmctl};

const TABLES: &str = "create table public.t (id int generated always as identity primary key, a int, b text, \
      c numeric(10, 2), d timestamptz, e varchar(5) unique, f smallint, h jsonb, i text[], j date, p real, \
      wide numeric(38, 18), tiny numeric(3, 5), k bigint generated always as (a + 1) stored); \
    create table public.child (id int primary key, t_id int not null references public.t, x int check (x > 100)); \
    create table public.setting (kind text, n int, primary key (kind, n))";

/// A line of the table `t` of three rows, and where and how it is refused.
const LINES: [(&str, &str, &str); 31] = [
    ("rows = 4", "4:1", "duplicate key"),
    ("nix = 1", "4:1", "there is no setting `nix` here"),
    ("per = \"child\"", "3:1", "must be said once"),
    ("scaled = 3", "4:10", "`scaled` must be true or false"),
    ("key = []", "4:7", "`key` names no column"),
    ("columns.zzz = 1", "4:9", "`t` has no column `zzz`"),
    ("columns.k = 1", "4:9", "generated column"),
    ("columns.id = 7", "4:9", "it is unique, and values of this kind may repeat"),
    ("columns.a = 0x1ffffffff", "4:9", "`8589934591` is out of the range of the column"),
    ("columns.a = { kind = \"integer\", between = [5, 1] }", "4:43", "begins above its end"),
    ("columns.f = { kind = \"integer\", between = [1, 99999] }", "4:9", "does not fit the type smallint"),
    (
        "columns.c = { kind = \"money\", between = [1, 99999999999] }",
        "4:9",
        "does not fit the type numeric(10,2)",
    ),
    (
        "columns.c = { kind = \"integer\", between = [1, 100000000] }",
        "4:9",
        "does not fit the type numeric(10,2)",
    ),
    (
        "columns.a = { kind = \"integer\", between = [1, 2], unique = true }",
        "4:9",
        "3 rows would share the numbers from 1 to 2",
    ),
    ("columns.c = 123456789", "4:9", "`123456789` is out of the range of the column"),
    ("columns.j = \"-0044-03-15\"", "4:9", "is not a date"),
    ("columns.d = \"12026-01-01\"", "4:9", "is not a point in time"),
    (
        "columns.d = { kind = \"timestamp\", between = [-9223372036854775808, 1] }",
        "4:9",
        "days are counted from",
    ),
    (
        "columns.d = { kind = \"timestamp\", after = \"j\", within = [0, 9223372036854775807] }\ncolumns.j = { kind = \"date\" }",
        "4:9",
        "days are counted from",
    ),
    ("columns.d = { kind = \"timestamp\", after = \"d\" }", "4:9", "is made of itself"),
    ("columns.b = \"a\\u0000b\"", "4:13", "holds a NUL character"),
    ("columns.b = { kind = \"template\", text = \"\\u0000\" }", "4:41", "holds a NUL character"),
    ("columns.b = { kind = \"template\", text = \"{\" }", "4:9", "has no partner"),
    (
        "columns.b = { kind = \"words\", of = [\"a\"], count = [1, 9223372036854775807] }",
        "4:55",
        "`count` must be from 0 to 10000",
    ),
    (
        "columns.i = { kind = \"array\", of = { kind = \"word\" }, length = 10001 }",
        "4:64",
        "`length` must be from 0 to 10000",
    ),
    ("columns.e = [\"a\", \"a\", \"b\"]", "4:9", "`a` is among its values twice"),
    ("columns.e = [\"a\", \"b\"]", "4:9", "3 rows would share 2 values"),
    ("columns.b = { kind = \"word\", null = 101 }", "4:37", "`null` must be from 0 to 100"),
    ("columns.b = { kind = \"choice\", values = { a = -1 } }", "4:47", "`a` must be from 0 to 1000000"),
    ("columns.\"\\u001b[2Jz\" = 1", "4:9", "has no column"),
    (
        "columns.h = { kind = \"json\", fields = { a = { kind = \"array\", of = 1 } } }",
        "4:41",
        "an array in JSON",
    ),
];

/// Whole files.
const FILES: [(&str, &str, &str); 21] = [
    (
        "crm = false\n[tables.setting]\nrows = 3\ncolumns.kind = \"menu\"",
        "2:9",
        "could not be told from those that people add",
    ),
    ("crm = \"no\"", "1:7", "`crm` must be true or false"),
    ("bar = 1", "1:1", "there is no setting `bar` here"),
    ("crm = false\ntables = 3", "2:10", "`tables` must be a table"),
    ("crm = false\n[[tables.t]]\nrows = 1", "2:1", "must be a table"),
    ("crm = false\n[tables.t]", "2:9", "must be said once"),
    ("crm = false\n[tables.t]\nrows = -1", "3:8", "`rows` must be from 0 to 1000000000"),
    ("crm = false\n[tables.t]\nrows = 1000000000000", "3:8", "`rows` must be from 0 to 1000000000"),
    ("crm = false\n[tables.t]\nrows = 99999999999999999999", "3:8", "`rows` is too large a number"),
    ("crm = false\n[tables.t]\nrows = 2.5", "3:8", "`rows` must be a whole number"),
    ("crm = false\n[tables.t]\nrows = { boss = 2 }", "3:10", "there is no role `boss`"),
    ("crm = false\n[tables.nix]\nrows = 1", "2:9", "the database has no table \"public\".\"nix\""),
    ("crm = false\n[tables.t]\nper = \"t\"\neach = 2", "3:7", "cannot be made per row of `t`"),
    ("crm = false\n[tables.child]\nrows = 1", "2:9", "which is not seeded"),
    (
        "crm = false\n[tables.t]\nrows = 0\n[tables.child]\nrows = 1",
        "4:9",
        "refers to a table that has no rows",
    ),
    (
        "crm = false\n[tables.t]\nrows = 1\n[tables.child]\nper = \"t\"\neach = [0, 9223372036854775807]",
        "6:12",
        "`each` must be from 0 to 1000000",
    ),
    (
        "crm = false\n[tables.t]\nrows = 1000000000\n[tables.child]\nper = \"t\"\neach = 1000000",
        "4:9",
        "more than 1000000000000 rows",
    ),
    ("crm = false\n[tables.\"auth.users\"]\nrows = 1", "2:9", "belongs to the auth server"),
    ("crm = false\n[tables.\"public.t\"]\nrows = 1\n[tables.t]\nrows = 1", "4:9", "describes the same table"),
    ("crm = false\r\n[tables.t]\r\nrows = 1\r\ncolumns.zzz = 1\r\n", "4:9", "has no column `zzz`"),
    ("\u{feff}crm = false\n[tables.t]\nrows = 1\ncolumns.zzz = 1", "4:9", "has no column `zzz`"),
];

#[test]
fn whatever_is_wrong_with_a_description_is_told_with_its_place_and_nothing_is_touched() {
    let database = Database::empty();
    database.run(TABLES);
    let project = Project::new().local(&database);
    let before = database.world();
    let lines = LINES
        .map(|(line, place, told)| (format!("crm = false\n[tables.t]\nrows = 3\n{line}\n"), place, told));
    let files = FILES.map(|(file, place, told)| (file.to_owned(), place, told));

    let mut wrong = Vec::new();
    for (text, place, told) in lines.into_iter().chain(files) {
        project.write("seeds/seed.toml", &text);
        let output = crmctl(&project).args(["seed", "data"]).run();
        let is_told = output.stderr.contains(told) && output.stderr.contains(&format!("seed.toml:{place}\n"));
        let is_alone = output.stdout.is_empty() && !output.stderr.contains('\u{1b}');
        if output.code != Some(2) || !is_told || !is_alone {
            wrong.push(format!("{text}\nshould say {told} at {place}: {output}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    before.assert_same(&database.world());
}

#[test]
fn bytes_that_are_no_text_are_told_with_their_place() {
    let database = Database::empty();
    let project = Project::new().local(&database).file("seeds/seed.toml", "");

    for file in ["seed.toml", "data.toml", "users.toml", "vocabulary.toml"] {
        let path = project.path().join("seeds").join(file);
        std::fs::write(&path, b"# one\n# \xff\xfe\n").unwrap();
        let output = crmctl(&project).args(["seed"]).usage();
        output.says("this is no UTF-8").says(&format!("{file}:2:3"));
        std::fs::remove_file(path).unwrap();
    }
}

/// Ten thousand lines are read in no time, and the mistake in the last one is found.
#[test]
fn a_long_description_is_read_to_its_end() {
    let database = Database::empty();
    database.run(TABLES);
    let mut text = "crm = false\n[tables.t]\nrows = 3\n".to_owned();
    text += &"# one of very many lines\n".repeat(10_000);
    let project = Project::new()
        .local(&database)
        .file("seeds/seed.toml", &(text + "columns.b = { kind = \"wrod\" }\n"));

    let output = crmctl(&project).args(["seed", "data"]).usage();
    output.says("there is no kind `wrod`").says("seed.toml:10004:22").says("write `word`");
}

#[test]
fn values_that_are_written_otherwise_than_they_are_given_still_converge() {
    let database = Database::empty();
    database.run(TABLES);
    for line in [
        "columns.p = -0.0",
        "columns.p = inf",
        "columns.p = nan",
        "columns.p = 1.50",
        "columns.a = 0xff",
        "columns.a = 1_000",
        "columns.wide = 1.5",
        "columns.wide = { kind = \"money\", between = [1, 99.95] }",
        "columns.h = '{\"b\": 1.50, \"a\": [1e2]}'",
        "columns.d = 2026-01-02T03:04:05.25Z",
        "columns.d = { kind = \"timestamp\", between = [-690000, -689000], hours = \"any\" }",
        "columns.i = { kind = \"array\", of = { kind = \"words\", of = [\"NULL\", \"\", \"a b\", \"q\\\"x\\\\\"] }, length = 4 }",
    ] {
        let text = format!("crm = false\n[tables.t]\nrows = 3\n{line}\n");
        let project = Project::new().local(&database).file("seeds/seed.toml", &text);
        crmctl(&project).args(["seed", "data"]).success();
        crmctl(&project).args(["seed", "data"]).success().answers("nothing to do");
    }
    let wide =
        "crm = false\n[tables.t]\nrows = 3\ncolumns.wide = { kind = \"money\", between = [1, 99.95] }\n";
    let project = Project::new().local(&database).file("seeds/seed.toml", wide);
    crmctl(&project).args(["seed", "data"]).success();
    assert_eq!(database.value("select count(*) from public.t where wide not between 1 and 99.95"), "0");
}

/// A made up value that a rule of the table refuses: the server says so, and everything is rolled back.
#[test]
fn a_check_that_refuses_a_value_leaves_everything_as_it_was() {
    let database = Database::empty();
    database.run(TABLES);
    let text = "crm = false\n[tables.t]\nrows = 3\n[tables.child]\nrows = 3\ncolumns.x = { kind = \"integer\", between = [1, 5] }\n";
    let project = Project::new().local(&database).file("seeds/seed.toml", text);
    let before = database.world();

    crmctl(&project).args(["seed", "data"]).failed().says("child_x_check").says("seeds/seed.toml");
    before.assert_same(&database.world());
}

/// Numbers of `data.toml` from which no row could be drawn.
#[test]
fn numbers_that_contradict_themselves_are_refused_with_their_place() {
    let database = Database::empty();
    let own = include_str!("../../seeds/data.toml");
    let project = Project::new().local(&database);
    let line_of = |name: &str| {
        let at = own.lines().position(|line| line.starts_with(name)).unwrap_or_else(|| panic!("no {name}"));
        (own.lines().nth(at).unwrap().to_owned(), at + 1)
    };

    for (name, line, told) in [
        ("quantity", "quantity = [50, 1]", "`quantity` begins above its end"),
        ("opportunity_amount", "opportunity_amount = [5000, 10]", "begins above its end"),
        ("tasks_completed", "tasks_completed = 200", "must be from 0 to 100, and is 200"),
        ("reference_date", "reference_date = \"0001-01-01\"", "must be from 1900 to 2999"),
        ("reference_date", "reference_date = \"+99999-01-01\"", "must be from 1900 to 2999"),
        ("history_days", "history_days = 1e3", "invalid type"),
        ("seed =", "seed = -1", "invalid value"),
    ] {
        let (old, number) = line_of(name);
        project.write("seeds/data.toml", &own.replacen(&old, line, 1));
        crmctl(&project).args(["seed"]).usage().says(told).says(&format!("data.toml:{number}:"));
    }
}
