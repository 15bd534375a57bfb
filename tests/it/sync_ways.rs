//! `crmctl sync` of what is rare, over every way: the rows of a database in the manner of PostgreSQL's regression tests
//! arrive as they are, and everything else stays as it was.

use crate::support::{Database, Project, Which, crmctl};

const SCHEMA: &str = include_str!("sync/rare.sql");
const ROWS: &str = include_str!("sync/rare_rows.sql");
/// What would fire.
const AFTER: &str = include_str!("sync/rare_after.sql");
/// What the target has instead: also values that are equal and not the same.
const OLD_ROWS: &str = include_str!("sync/rare_old_rows.sql");

/// The target has the schema and no row, and rows that differ before each way but the first.
#[track_caller]
fn arrives_over_every_way(which: Which) {
    let (local, cloud) = (Database::empty(), Database::empty_on(which));
    local.run(SCHEMA).run(ROWS).run(AFTER);
    cloud.run(SCHEMA).run(AFTER);
    let project = Project::new().local(&local).cloud(&cloud);
    let definitions = |database: &Database| database.world().without(&["rows ", "sequence "]);
    let source = local.world().only("rows ");
    let before = definitions(&cloud);

    for mode in ["full", "bulk", "staged", "delta"] {
        if mode != "full" {
            cloud.query(OLD_ROWS);
        }
        let sync = || crmctl(&project).args(["sync", "--force", "--confirm", "cloud", "--mode", mode]);
        let said = sync().success();
        if mode == "delta" {
            said.says("rows differ");
        }
        source.assert_same(&cloud.world().only("rows "));
        before.assert_same(&definitions(&cloud));
    }
    crmctl(&project).args(["verify"]).success();
    crmctl(&project)
        .args(["sync", "--force", "--confirm", "cloud", "--mode", "delta"])
        .success()
        .answers("nothing to do");
    assert_eq!(cloud.column("select n from public.over_totals"), ["6"]);
    let numbers = "select last_value || ' ' || is_called from public.twice_id_seq union all \
        select last_value || ' ' || is_called from public.twice_id_seq1";
    assert_eq!(cloud.column(numbers), ["77 false", "2 true"]);
}

#[test]
fn rare_rows_arrive_over_every_way_where_keys_and_triggers_may_rest() {
    arrives_over_every_way(Which::Cloud);
}

#[test]
fn rare_rows_arrive_over_every_way_where_the_role_may_not_let_them_rest() {
    arrives_over_every_way(Which::Strict);
}
