//! The traps of comparing rows by a digest: for each type two values that are the same although they look or were
//! made differently, and two that differ although something calls them equal.

/// One table on both sides.
#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) table: String,
    pub(super) needs: Needs,
    /// What makes and fills the table on the left.
    pub(super) left: String,
    /// The same on the right.
    pub(super) right: String,
    pub(super) is_equal: bool,
}

/// What a server must have for a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    Nothing,
    Citext,
    Hstore,
    Icu,
    Xml,
    Version17,
}

impl Needs {
    /// A query that is true where it is there.
    pub(super) fn probe(self) -> &'static str {
        match self {
            Self::Nothing => "select true",
            Self::Citext => "select exists (select from pg_available_extensions where name = 'citext')",
            Self::Hstore => "select exists (select from pg_available_extensions where name = 'hstore')",
            Self::Icu => "select exists (select from pg_collation where collprovider = 'i')",
            Self::Xml => {
                "select exists (select from pg_config where name = 'CONFIGURE' and setting ~ 'with-libxml')"
            }
            Self::Version17 => "select current_setting('server_version_num')::int >= 170000",
        }
    }
}

/// Types for the cases, made on the left in this order.
pub(super) const TYPES: &str = "\
    create type mood as enum ('a', 'b', 'c'); \
    create function lossy(mood) returns text language sql immutable as $$ select 'always the same' $$; \
    create cast (mood as text) with function lossy(mood) as assignment; \
    create type pair as (mood mood, amount numeric); \
    create type nested as (pair pair, pairs pair[]); \
    create type moods as range (subtype = mood); \
    create domain positive as int check (value > 0); create domain money_amount as numeric(12, 4); \
    create domain temper as mood; create domain tags as text[]; create domain couple as pair; \
    create domain stamp as timestamptz; create domain large as bigint; create domain real_number as float8; \
    create domain public.text as pg_catalog.text; \
    create table here (); create table there (); create function public.f() returns int language sql as 'select 1';";

/// The same types on the right: other object ids, and an order of labels that was not there from the beginning.
pub(super) const TYPES_BEFORE: &str = "\
    create table there (); create table here (); create function public.f() returns int language sql as 'select 1'; \
    do $$ begin for i in 1..64 loop execute format('create type junk_%s as enum (''x'')', i); end loop; end $$; \
    create type mood as enum ('c');";

/// What comes behind [`TYPES_BEFORE`], each a transaction of its own, as labels must be.
pub(super) const TYPES_AFTER: [&str; 3] = [
    "alter type mood add value 'a' before 'c'",
    "alter type mood add value 'b' after 'a'",
    "do $$ begin for i in 1..64 loop execute format('drop type junk_%s', i); end loop; end $$",
];

/// Type, two ways to write one value, and two values that differ.
type Values = (&'static str, &'static str, &'static str, &'static str, &'static str);

const VALUES: &[Values] = &[
    // Numbers.
    ("smallint", "'1'", "'01'", "'1'", "'-1'"),
    ("integer", "'1'", "'01'", "null", "'0'"),
    // Its own hash folds the halves together.
    ("bigint", "'4294967297'", "4294967297", "'0'", "'4294967297'"),
    ("bigint", "-1", "'-1'", "'-1'", "'-4294967298'"),
    ("numeric", "1.0", "'1.0'", "'1.0'", "'1.00'"),
    ("numeric", "'-0.0'", "'0.0'", "'5'", "'-5'"),
    ("numeric", "'NaN'", "'nan'", "'NaN'", "'Infinity'"),
    ("numeric", "'Infinity'", "'inf'", "'Infinity'", "'-Infinity'"),
    ("numeric(12,2)", "'1'", "'1.00'", "'1'", "'1.01'"),
    ("numeric", "1e300", "'1e300'", "1e300", "1e300 + 1"),
    ("real", "'0.1'", "0.1::float8", "'0'", "'-0'"),
    ("real", "'NaN'", "-('NaN'::real)", "'16777216'", "'16777218'"),
    ("double precision", "'-0'", "-('0'::float8)", "'0'", "'-0'"),
    ("double precision", "'NaN'", "-('NaN'::float8)", "'NaN'", "'Infinity'"),
    ("double precision", "0.1 + 0.2::float8", "'0.30000000000000004'", "0.1 + 0.2::float8", "0.3"),
    ("money", "'1.23'", "1.23::numeric::money", "'1.23'", "'1.24'"),
    // Texts.
    ("pg_catalog.text", "'é\"\\,()'", "U&'\\00E9\"\\005C,()'", "''", "null"),
    ("pg_catalog.text", "E'a\\nb'", "'a' || chr(10) || 'b'", "U&'\\00E9'", "U&'e\\0301'"),
    ("varchar(5)", "'ab'", "'ab'", "'ab'", "'ab '"),
    ("char(3)", "'a'", "'a  '", "'a'", "'b'"),
    ("bpchar", "'a'", "'a'", "'a'", "'a '"),
    ("\"char\"", "'a'", "97::\"char\"", "'a'", "'A'"),
    ("name", "'a'", "'a'::pg_catalog.text", "'a'", "'b'"),
    ("bytea", "'\\x0041'", "'\\000A'", "'\\x00'", "'\\x0000'"),
    ("bit(3)", "'101'", "5::bit(3)", "'101'", "'100'"),
    ("varbit", "'101'", "B'101'", "'0'", "'00'"),
    ("tsvector", "'b a'", "'a b a'", "'a'", "'a:1'"),
    ("tsquery", "'a&b'", "'a & b'", "'a'", "'a:*'"),
    (
        "uuid",
        "'6F1E0B1A-0000-4000-8000-000000000001'",
        "'6f1e0b1a000040008000000000000001'",
        "'6f1e0b1a-0000-4000-8000-000000000001'",
        "'6f1e0b1a-0000-4000-8000-000000000002'",
    ),
    // Documents.
    ("json", "'{\"a\":1}'", "'{\"a\":1}'", "'{\"a\":1}'", "'{\"a\": 1}'"),
    ("jsonb", "'{\"a\":1,\"b\":2}'", "'{\"b\":2, \"a\":9, \"a\":1}'", "'{\"a\":1.0}'", "'{\"a\":1.00}'"),
    ("jsonb", "'null'", "' null'", "'null'", "null"),
    ("jsonpath", "'$.a'", "'$ . a'", "'$.a'", "'$.b'"),
    // Times.
    (
        "timestamptz",
        "'2024-01-01 00:00+00'",
        "'2024-01-01 09:00+09'",
        "'2000-01-01 00:00+00'",
        "'2000-01-01 01:11:34.967297+00'",
    ),
    ("timestamptz", "'infinity'", "'infinity'", "'infinity'", "'-infinity'"),
    (
        "timestamptz(3)",
        "'2024-01-01 00:00:00.0004+00'",
        "'2024-01-01 00:00:00+00'",
        "'2024-01-01 00:00:00.001+00'",
        "'2024-01-01 00:00+00'",
    ),
    ("timestamp", "'epoch'", "'1970-01-01'", "'2000-01-01 00:00:00'", "'2000-01-01 01:11:34.967297'"),
    (
        "timestamp",
        "'4713-01-01 00:00:00 BC'",
        "'4713-01-01 BC'",
        "'infinity'",
        "'294276-12-31 23:59:59.999999'",
    ),
    ("date", "'infinity'", "'infinity'", "'-infinity'", "'infinity'"),
    ("time", "'24:00'", "'24:00:00'", "'24:00'", "'00:00'"),
    ("timetz", "'12:00+00'", "'12:00:00Z'", "'12:00+00'", "'13:00+01'"),
    ("interval", "'1 mon'", "'1 month'", "'30 days'", "'1 mon'"),
    ("interval day to second", "'1 day'", "'1 day'", "'1 day'", "'24:00'"),
    // Geometry and networks.
    ("point", "'(1,2)'", "'1.0,2'", "'(0,0)'", "'(-0,0)'"),
    ("box", "'(0,0),(1,1)'", "'(1,1),(0,0)'", "'(0,0),(1,1)'", "'(0,0),(1,2)'"),
    ("path", "'[(0,0),(1,1)]'", "'[(0,0),(1,1)]'", "'[(0,0),(1,1)]'", "'((0,0),(1,1))'"),
    ("circle", "'<(0,0),1>'", "'((0,0),1)'", "'<(0,0),1>'", "'<(1,0),1>'"),
    ("inet", "'10.0.0.1'", "'10.0.0.1/32'", "'10.0.0.1/24'", "'10.0.0.0/24'"),
    ("cidr", "'10.0.0.0/8'", "'10/8'", "'10.0.0.0/8'", "'10.0.0.0/9'"),
    ("macaddr", "'08:00:2b:01:02:03'", "'08002b010203'", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'"),
    // What names objects is compared by name.
    ("oid", "5", "'5'", "5", "6"),
    ("regclass", "'public.here'", "'here'", "'public.here'", "'public.there'"),
    ("regtype", "'public.mood'", "'mood'", "'public.mood'", "'public.pair'"),
    ("regprocedure", "'public.f()'", "'f()'", "'public.f()'", "'pg_catalog.now()'"),
    ("regrole", "'postgres'", "'postgres'", "'postgres'", "'anon'"),
    ("pg_lsn", "'0/1'", "'0/00000001'", "'0/1'", "'1/0'"),
    ("xid8", "'1'", "'1'", "'1'", "'4294967297'"),
    // What is made of others.
    ("mood", "'a'", "'a'", "'a'", "'b'"),
    ("pair", "('a', 1.0)", "'(a,1.0)'", "('a', 1.0)", "('a', 1.00)"),
    ("pair", "(null, null)", "'(,)'", "(null, null)", "null"),
    (
        "nested",
        "(('a', 1)::pair, array[('b', 2)::pair])",
        "'(\"(a,1)\",\"{\"\"(b,2)\"\"}\")'",
        "(('a', 1)::pair, array[('b', 2)::pair])",
        "(('a', 1)::pair, array[('b', 2.0)::pair])",
    ),
    ("pair[]", "array[('a', 1)::pair]", "'{\"(a,1)\"}'", "array[('a', 1)::pair]", "array[('c', 1)::pair]"),
    ("mood[]", "'{a,b}'", "array['a', 'b']::mood[]", "'{a,b}'", "'{b,a}'"),
    ("pg_catalog.text[]", "'{a,b}'", "'[1:2]={a,b}'", "'{a,NULL}'", "'{a,\"NULL\"}'"),
    ("pg_catalog.text[]", "'{a,b}'", "(array[null, 'a', 'b'])[2:3]", "'{a,b}'", "'[2:3]={a,b}'"),
    ("pg_catalog.text[]", "'{}'", "array[]::pg_catalog.text[]", "'{}'", "'{\"\"}'"),
    ("integer[]", "'{{1,2},{3,4}}'", "array[[1, 2], [3, 4]]", "'{{1,2},{3,4}}'", "'{1,2,3,4}'"),
    ("double precision[]", "'{NaN}'", "array[-('NaN'::float8)]", "'{0}'", "'{-0}'"),
    ("numeric[]", "'{1.0}'", "array[1.0]", "'{1.0}'", "'{1.00}'"),
    (
        "timestamptz[]",
        "'{2024-01-01 00:00+00}'",
        "'{2024-01-01 09:00+09}'",
        "'{2024-01-01 00:00+00}'",
        "'{2024-01-01 00:01+00}'",
    ),
    ("int4range", "'[1,3)'", "'[1,2]'", "'[1,3)'", "'[1,4)'"),
    ("numrange", "'[1.0,2)'", "'[1.0,2)'", "'[1.0,2)'", "'[1.00,2)'"),
    ("tstzrange", "'[2024-01-01 00:00+00,)'", "'[2024-01-01 09:00+09,)'", "'empty'", "'(,)'"),
    ("int4multirange", "'{[1,3),[3,5)}'", "'{[1,5)}'", "'{}'", "'{[1,2)}'"),
    ("moods", "'[a,b]'", "'[a,b]'", "'[a,b]'", "'[a,c]'"),
    // Domains over all of these.
    ("positive", "1", "'01'", "1", "2"),
    ("money_amount", "1", "1.0000", "1", "2"),
    ("temper", "'a'", "'a'::mood", "'a'", "'c'"),
    ("tags", "'{a}'", "array['a']", "'{NULL}'", "'{\"NULL\"}'"),
    ("couple", "('a', 1)", "'(a,1)'", "('a', 1.0)", "('a', 1.00)"),
    (
        "stamp",
        "'2024-01-01 00:00+00'",
        "'2024-01-01 09:00+09'",
        "'2000-01-01 00:00+00'",
        "'2000-01-01 01:11:34.967297+00'",
    ),
    ("large", "4294967297", "'4294967297'", "0", "4294967297"),
    ("real_number", "'NaN'", "-('NaN'::float8)", "'0'", "'-0'"),
    // A type of the user with the name of one of the system's.
    ("public.text", "'a'", "'a'", "''", "null"),
];

const SOME_HAVE: &[(Needs, Values)] = &[
    (Needs::Citext, ("citext", "'a'", "'a'", "'a'", "'A'")),
    (Needs::Citext, ("citext[]", "'{a}'", "array['a'::citext]", "'{a}'", "'{A}'")),
    (Needs::Hstore, ("hstore", "'a=>1,b=>2'", "'b=>2,a=>1'", "'a=>NULL'", "'a=>\"NULL\"'")),
    (Needs::Icu, ("pg_catalog.text collate either", "'a'", "'a'", "'a'", "'A'")),
    (Needs::Icu, ("pg_catalog.text[] collate either", "'{a}'", "array['a']", "'{a}'", "'{A}'")),
    (Needs::Xml, ("xml", "'<a/>'", "'<a/>'", "'<a/>'", "'<a></a>'")),
    (Needs::Version17, ("interval", "'infinity'", "'infinity'", "'infinity'", "'-infinity'")),
];

/// All cases of one value.
pub(super) fn of_types() -> Vec<Case> {
    let everywhere = VALUES.iter().map(|values| (Needs::Nothing, values));
    let elsewhere = SOME_HAVE.iter().map(|(needs, values)| (*needs, values));
    everywhere
        .chain(elsewhere)
        .enumerate()
        .flat_map(|(index, (needs, values))| of_type(index, needs, *values))
        .collect()
}

fn of_type(index: usize, needs: Needs, (data_type, one, same, this, other): Values) -> [Case; 2] {
    let word: String =
        data_type.chars().map(|letter| if letter.is_alphanumeric() { letter } else { '_' }).collect();
    [(true, one, same), (false, this, other)].map(|(is_equal, left, right)| {
        let table = format!("{}_{index}_{word}", if is_equal { "same" } else { "other" });
        let with = |value: &str| {
            format!("create table {table} (id int primary key, v {data_type}); insert into {table} values (1, {value}), (2, null)")
        };
        Case { left: with(left), right: with(right), table, needs, is_equal }
    })
}
