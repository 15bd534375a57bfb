//! `crmctl sync --mode delta` into tables that are published.

use crate::support::{Database, Project, Which, crmctl};

#[test]
fn all_rows_are_copied_where_subscribers_could_not_be_told_which_rows_go() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.log (note text); create table public.named (id int primary key, note text); \
             insert into public.log values ('a'); insert into public.named values (1, 'a'); \
             create table public.parts (id int) partition by list (id); create table public.one partition of public.parts default; \
             insert into public.parts values (1); ",
        );
        database.query("create publication told for all tables");
    }
    let project = Project::new().local(&local).cloud(&cloud);
    let delta =
        || crmctl(&project).args(["sync", "--mode", "delta", "--force", "--confirm", "cloud"]).success();

    local.query("update public.named set note = 'b'");
    delta().says("sync what differs");
    for table in ["log", "parts"] {
        local.query(&format!("truncate public.{table}"));
        delta().says(&format!("rows of `{table}` have no replica identity by which publication `told`"));
        assert_eq!(cloud.value(&format!("select count(*) from public.{table}")), "0");
    }
}
