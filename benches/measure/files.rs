//! Migrations as people write them: small files, four to a table.

/// A version for each file, in order.
pub(crate) fn version(index: usize) -> String {
    format!("2026{:010}", 101_000_000 + index)
}

/// What a file is called behind its version.
pub(crate) fn title(index: usize) -> String {
    let table = index / 4;
    match index % 4 {
        0 => format!("create_table_{table}"),
        1 => format!("index_table_{table}"),
        2 => format!("extend_table_{table}"),
        _ => format!("report_on_table_{table}"),
    }
}

/// What people write in small migrations, four files to a table.
pub(crate) fn statements(index: usize) -> String {
    let table = format!("public.orders_{}", index / 4);
    match index % 4 {
        0 => format!(
            "-- Orders of one region.\ncreate table {table} (\n  id uuid primary key default gen_random_uuid(),\n  \
             customer text not null,\n  amount numeric(12, 2) not null check (amount >= 0),\n  \
             status text not null default 'open',\n  created_at timestamptz not null default now()\n);\n\
             comment on table {table} is 'Orders; one row each';\n\
             alter table {table} enable row level security;\n"
        ),
        1 => format!(
            "create index on {table} (customer);\ncreate index on {table} (created_at) where status = 'open';\n"
        ),
        2 => format!(
            "alter table {table} add column note text;\n\
             comment on column {table}.note is 'What the customer said; it''s free text';\n"
        ),
        _ => format!(
            "create view {table}_by_status with (security_invoker = true) as\n  \
             select status, count(*) as orders, sum(amount) as amount from {table} group by status;\n\
             create policy readable on {table} for select to authenticated using (true);\n"
        ),
    }
}

/// A file of so many megabytes: the rows of a `COPY`, or of one `INSERT` on one line.
pub(crate) fn large(megabytes: usize, is_copy: bool) -> String {
    let create = "create table public.large (id int, words text);\n";
    let words = "it is what it is ".repeat(58);
    let rows = (0..megabytes * 1024)
        .map(|id| if is_copy { format!("{id}\t{words}\n") } else { format!("({id}, '{words}'),") });
    let rows: String = rows.collect();
    if is_copy {
        format!("{create}copy public.large from stdin;\n{rows}\\.\n")
    } else {
        format!("{create}insert into public.large values {};\n", rows.trim_end_matches(','))
    }
}
