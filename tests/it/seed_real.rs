//! Seeded rows look as if people had written them: one question for each property.

use crate::support::{Database, Project, Which, crmctl};

/// What no sales team would write, and how many rows of it there are.
const UNLIKELY: [(&str, &str); 19] = [
    ("an address that does not match its person", "select count(*) from public.contacts where email not like
        lower(regexp_replace(first_name, '[^A-Za-z]', '', 'g')) || '.' || lower(regexp_replace(last_name, '[^A-Za-z]', '', 'g')) || '@%'"),
    ("an address at another company", "select count(*) from public.contacts c join public.organizations o on o.id = c.organization_id
        where split_part(c.email, '@', 2) <> replace(o.website, 'https://www.', '')"),
    ("a closed deal without a day, or an open one with it", "select count(*) from public.opportunities
        where (stage like 'closed%') <> (close_date is not null)"),
    ("a deal closed before it began or after today", "select count(*) from public.opportunities
        where close_date < created_at::date or close_date >= '2026-01-15'"),
    ("a chance that does not fit the stage", "select count(*) from (select stage from public.opportunities
        group by stage having min(probability) <> max(probability)) x"),
    ("a won deal with a chance, or a lost one", "select count(*) from public.opportunities
        where probability is distinct from 100 and stage = 'closed_won' or probability <> 0 and stage = 'closed_lost'"),
    ("a loss without a reason", "select count(*) from public.opportunities where (stage = 'closed_lost') <> (lost_reason is not null)"),
    ("an open deal expected in the past", "select count(*) from public.opportunities
        where stage not like 'closed%' and expected_close_date < '2026-01-15'"),
    ("a deal with somebody unknown", "select count(*) from public.opportunities o join public.contacts c on c.id = o.contact_id
        where o.created_at < c.created_at or o.organization_id <> c.organization_id"),
    ("a prospect who bought", "select count(*) from public.opportunities d join public.organizations o on o.id = d.organization_id
        where d.stage = 'closed_won' and o.organization_type = 'prospect'"),
    ("an amount out of bounds", "select count(*) from public.opportunities where amount not between 500 and 120000"),
    ("an activity before its contact or deal, or after it was closed", "select count(*) from public.activities a
        left join public.contacts c on c.id = a.contact_id left join public.opportunities o on o.id = a.opportunity_id
        where a.occurred_at < c.created_at or a.occurred_at < o.created_at or a.occurred_at::date > o.close_date
          or a.occurred_at >= '2026-01-15'"),
    ("work at night or at the weekend", "select count(*) from (select occurred_at as t from public.activities
        union all select created_at from public.contacts union all select noted_at from public.contact_notes
        union all select completed_at from public.tasks union all select created_at from public.opportunities) x
        where extract(hour from t at time zone 'UTC') not between 8 and 17 or extract(isodow from t at time zone 'UTC') > 5"),
    ("a task due at the weekend or before it was made", "select count(*) from public.tasks
        where extract(isodow from due_date) > 5 or due_date < created_at::date"),
    ("a task completed before it was made or after today", "select count(*) from public.tasks
        where completed_at < created_at or completed_at >= '2026-01-15'"),
    ("a meeting that nobody answered", "select count(*) from public.activities
        where outcome = 'no_answer' and type not in ('call', 'email')"),
    ("a mail that took time", "select count(*) from public.activities where type in ('email', 'sample') and duration_minutes is not null"),
    ("a row of another owner than its parent's", "select count(*) from public.contacts c join public.organizations o
        on o.id = c.organization_id where o.sales_id <> c.sales_id"),
    ("a segment of somebody who may not keep any", "select count(*) from public.segments g join public.sales s on s.id = g.sales_id
        where s.role <> 'admin'"),
];

/// Leads nowhere, one query for each foreign key.
const ORPHANS: &str = "select format('select count(*) from %s t where %s and not exists (select from %s r where %s)', conrelid::regclass, \
       (select string_agg(format('t.%I is not null', a.attname), ' and ') from pg_attribute a where a.attrelid = conrelid and a.attnum = any (conkey)), \
       confrelid::regclass, \
       (select string_agg(format('r.%I = t.%I', f.attname, a.attname), ' and ') from unnest(conkey, confkey) u (k, l) \
        join pg_attribute a on a.attrelid = conrelid and a.attnum = k join pg_attribute f on f.attrelid = confrelid and f.attnum = l)) \
     from pg_constraint where contype = 'f' and connamespace = 'public'::regnamespace";

fn unlikely(database: &Database) -> Vec<String> {
    let asked = UNLIKELY.iter().map(|(what, sql)| ((*what).to_owned(), (*sql).to_owned()));
    let orphans = database.column(ORPHANS).into_iter().map(|sql| ("an orphan".to_owned(), sql));
    asked
        .chain(orphans)
        .map(|(what, sql)| (what, database.value(&sql)))
        .filter(|(_, rows)| rows != "0")
        .map(|(what, rows)| format!("{what}: {rows} rows"))
        .collect()
}

#[test]
fn no_row_is_one_that_nobody_would_have_written() {
    let database = Database::seeded(Which::Local);

    assert_eq!(unlikely(&database), [""; 0]);
    let project = Project::new().local(&database).with_crm_seeds();
    crmctl(&project).args(["seed", "data", "--scale", "10"]).success();
    assert_eq!(unlikely(&database), [""; 0], "ten times as many");
    assert!(database.column(ORPHANS).len() > 10);
}

#[test]
fn a_larger_crm_keeps_every_row_of_the_smaller_one_and_shrinks_back_to_it() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database).with_crm_seeds();
    let before = database.world();
    let rows = "select md5(string_agg(a::text, ' ' order by a.id)) from public.activities a where a.id in (select id from kept)";
    database.run("create table public.kept as select id from public.activities");
    let rows = rows.replace("from kept", "from public.kept");
    let small = database.value(&rows);

    crmctl(&project)
        .args(["seed", "data", "--scale", "2"])
        .success()
        .says("grow activities: 400 rows, and 400 more");
    assert_eq!(database.value(&rows), small);
    database.run("drop table public.kept; insert into public.tags (sales_id, name, color) select id, 'Mine', '#000000' from public.sales limit 1");
    crmctl(&project).args(["seed", "data", "--scale", "2"]).success().answers("nothing to do");

    crmctl(&project).args(["seed", "data"]).success().says("shrink activities: 800 rows, 400 of them go");
    assert_eq!(database.value("select count(*) from public.tags where name = 'Mine'"), "1");
    database.run("delete from public.tags where name = 'Mine'");
    before.assert_same(&database.world());
}

#[test]
fn a_row_of_a_person_keeps_the_generated_row_it_hangs_on() {
    let database = Database::seeded(Which::Local);
    let project = Project::new().local(&database).with_crm_seeds();
    crmctl(&project).args(["seed", "data", "--scale", "2"]).success();
    let last = "select id from public.contacts where not exists (select from public.contact_notes n where n.contact_id = contacts.id) \
                order by created_at desc";
    database.run(&format!(
        "create table public.visit (contact_id uuid references public.contacts on delete cascade); \
        insert into public.visit {last}"
    ));
    let visits = database.value("select count(*) from public.visit");

    crmctl(&project).args(["seed", "data"]).success();
    assert_eq!(database.value("select count(*) from public.visit"), visits);
}
