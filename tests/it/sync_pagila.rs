//! `crmctl sync` of a rental shop's database, in the manner of the samples that everybody knows.

use crate::support::{Database, Project, Which, crmctl};

const SCHEMA: &str = include_str!("sync/rental.sql");
const ROWS: &str = include_str!("sync/rental_rows.sql");

#[test]
fn a_rental_shop_is_the_same_on_both_sides_and_goes_on_working() {
    for which in [Which::Cloud, Which::Strict] {
        let (local, cloud) = (Database::empty(), Database::empty_on(which));
        local.run(SCHEMA).run(ROWS);
        cloud.run(SCHEMA);
        let project = Project::new().local(&local).cloud(&cloud);

        crmctl(&project).args(["sync", "--force", "--confirm", "cloud"]).success();
        crmctl(&project).args(["verify"]).success();
        let sales = "select category || ' ' || total from rental.sales_by_category order by total desc, category limit 3";
        assert_eq!(cloud.column(sales), local.column(sales));
        assert_ne!(cloud.value("select count(*) from rental.sales_by_category"), "0");
        // Triggers, defaults, keys and partitions work again.
        cloud.run(
            "insert into rental.film (title, language_id, rating) values ('Sync, the Movie', 1, 'PG-13')",
        );
        assert_eq!(
            cloud.value("select film_id || ' ' || (fulltext @@ plainto_tsquery('pg_catalog.english', 'movie')) from rental.film order by film_id desc limit 1"),
            "201 true"
        );
        assert!(
            crate::support::try_query(
                &cloud.url(),
                "insert into rental.inventory (film_id, store_id) values (9999, 1)"
            )
            .expect_err("a foreign key")
            .contains("23503")
        );
    }
}
