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

#[test]
fn staged_rows_take_the_place_of_those_that_subscribers_could_not_be_told_of() {
    let (local, cloud) = (Database::empty(), Database::empty_on(Which::Cloud));
    for database in [&local, &cloud] {
        database.run(
            "create table public.parts (id int primary key deferrable, note text) partition by list (id); \
             create table public.one partition of public.parts default; alter table public.parts replica identity full; \
             insert into public.parts select n, 'a' from generate_series(1, 9) n; create table public.keyed (x int unique, note text); \
             create table public.refers (id int primary key, x int references public.keyed (x)); \
             insert into public.keyed values (1, 'a'), (2, 'b'); insert into public.refers values (1, 2)",
        );
        database.query("create publication told for all tables");
    }
    local.run(
        "truncate public.refers, public.keyed; insert into public.keyed values (1, 'b'), (2, 'b'); \
         insert into public.refers values (1, 2); insert into public.parts values (10, 'b')",
    );
    let project = Project::new().local(&local).cloud(&cloud);

    crmctl(&project).args(["sync", "--mode", "staged", "--force", "--confirm", "cloud"]).success();
    local.world().only("rows public").assert_same(&cloud.world().only("rows public"));
}
