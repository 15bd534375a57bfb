//! Making room for a full backup: everything the user made goes, the platform's objects stay.

use crate::catalog::managed;
use crate::pg::literal;

/// Two `do` blocks that drop the user's objects the role may drop. What it may not is told by warnings.
///
/// Schemas other than `public` go as a whole; in `public` every object goes by itself, for the schema belongs
/// to the platform. Rights that new objects get by themselves go as well: a dump says every right explicitly
/// and counts on none being there.
#[must_use]
pub fn sql() -> String {
    format!("{}; {}", objects_sql(), block(DEFAULT_PRIVILEGES))
}

/// The same without the last part: the rights that new objects get by themselves stay.
#[must_use]
pub fn objects_sql() -> String {
    block(BODY)
}

fn block(body: &str) -> String {
    format!("do {}", literal(&body.replace("{user_schema}", &managed::is_user_schema_sql("n.nspname"))))
}

const DEFAULT_PRIVILEGES: &str = "
declare
  o record;
begin
  for o in
    select n.nspname, x.grantee,
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences' when 'f' then 'functions' when 'T' then 'types' end as objects
    from pg_catalog.pg_default_acl d
    join pg_catalog.pg_namespace n on n.oid = d.defaclnamespace, lateral (
      select distinct a.grantee from pg_catalog.aclexplode(d.defaclacl) a
    ) x
    where {user_schema} and d.defaclrole = (select oid from pg_catalog.pg_roles where rolname = current_user)
  loop
    execute format('alter default privileges in schema %I revoke all on %s from %s', o.nspname, o.objects,
      case when o.grantee = 0 then 'public' else quote_ident(pg_catalog.pg_get_userbyid(o.grantee)) end);
  end loop;
end
";

const BODY: &str = r"
declare
  o record;
  i record;
begin
  for o in
    select n.nspname, pg_catalog.pg_has_role(n.nspowner, 'usage') as is_ours
    from pg_catalog.pg_namespace n
    where {user_schema} and n.nspname <> 'public'
      and not exists (select from pg_catalog.pg_depend d where d.deptype = 'e'
        and d.classid = 'pg_catalog.pg_namespace'::regclass and d.objid = n.oid)
    order by n.nspname
  loop
    if o.is_ours then
      execute format('drop schema %I cascade', o.nspname);
    else
      raise warning 'schema %: left alone, it belongs to another role', o.nspname;
    end if;
  end loop;

  for o in
    select x.*, pg_catalog.pg_has_role(x.owner, 'usage') as is_ours from (
      select 1 as pass, 'pg_catalog.pg_class'::regclass as class, oid, relowner as owner from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('v', 'm')
      union all select 2, 'pg_catalog.pg_class'::regclass, oid, relowner from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'f')
      union all select 3, 'pg_catalog.pg_class'::regclass, oid, relowner from pg_catalog.pg_class
        where relnamespace = 'public'::regnamespace and relkind = 'S'
      union all select 4, 'pg_catalog.pg_proc'::regclass, oid, proowner from pg_catalog.pg_proc
        where pronamespace = 'public'::regnamespace
      union all select 5, 'pg_catalog.pg_opclass'::regclass, oid, opcowner from pg_catalog.pg_opclass
        where opcnamespace = 'public'::regnamespace
      union all select 6, 'pg_catalog.pg_opfamily'::regclass, oid, opfowner from pg_catalog.pg_opfamily
        where opfnamespace = 'public'::regnamespace
      union all select 7, 'pg_catalog.pg_operator'::regclass, oid, oprowner from pg_catalog.pg_operator
        where oprnamespace = 'public'::regnamespace
      union all select 8, 'pg_catalog.pg_ts_config'::regclass, oid, cfgowner from pg_catalog.pg_ts_config
        where cfgnamespace = 'public'::regnamespace
      union all select 9, 'pg_catalog.pg_ts_dict'::regclass, oid, dictowner from pg_catalog.pg_ts_dict
        where dictnamespace = 'public'::regnamespace
      union all select 10, 'pg_catalog.pg_conversion'::regclass, oid, conowner from pg_catalog.pg_conversion
        where connamespace = 'public'::regnamespace
      union all select 11, 'pg_catalog.pg_type'::regclass, t.oid, typowner from pg_catalog.pg_type t
        where typnamespace = 'public'::regnamespace and (typtype in ('e', 'd', 'r')
          or typtype = 'c' and exists (select from pg_catalog.pg_class c where c.oid = t.typrelid and c.relkind = 'c'))
      union all select 12, 'pg_catalog.pg_collation'::regclass, oid, collowner from pg_catalog.pg_collation
        where collnamespace = 'public'::regnamespace
    ) x
    where not exists (select from pg_catalog.pg_depend d where d.deptype = 'e' and d.classid = x.class and d.objid = x.oid)
    order by x.pass, x.oid
  loop
    -- Something dropped before may have taken it along; then it has no identity any more.
    select type, identity into i from pg_catalog.pg_identify_object(o.class, o.oid, 0);
    continue when i.identity is null;
    if o.is_ours then
      execute format('drop %s if exists %s cascade', i.type, i.identity);
    else
      raise warning '% %: left alone, it belongs to another role', i.type, i.identity;
    end if;
  end loop;

end
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_platforms_schemas_are_never_named_to_be_dropped() {
        let sql = sql();

        assert!(sql.starts_with("do ") && !sql.contains("{user_schema}") && sql.contains("supabase"));
    }
}
