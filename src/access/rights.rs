//! What the catalog says about rights: grants, row level security, policies, and whose rows are whose.

use std::collections::BTreeMap;

use crate::access::AccessRequest;
use crate::pg::{PgResult, Row, TableName, literal, text_array};

/// One table as one role finds it.
#[derive(Debug, Clone)]
pub(super) struct Rights {
    pub(super) table: TableName,
    pub(super) role: String,
    pub(super) row_level_security: bool,
    /// Whether policies hold for the role at all.
    pub(super) is_filtered: bool,
    /// `pg_class.relkind`.
    pub(super) kind: String,
    /// Whether every column may be read: where some are closed, neither owners nor policies can be looked at.
    pub(super) sees_whole_rows: bool,
    /// The grants: select, insert, update, delete.
    pub(super) granted: [bool; 4],
    /// Whether a policy is for the role: the same.
    pub(super) has_policy: [bool; 4],
    /// What the policies for `insert`, `update` and `delete` ask of a row.
    pub(super) insert_if: Option<String>,
    pub(super) update_if: Option<String>,
    pub(super) delete_if: Option<String>,
    pub(super) owner: Option<String>,
}

impl Rights {
    /// Whether it has rows of its own: those a view shows are another relation's.
    pub(super) fn is_table(&self) -> bool {
        ["r", "p"].contains(&self.kind.as_str())
    }

    pub(super) fn of_row(row: &Row, owners: &BTreeMap<String, String>) -> PgResult<Self> {
        let table = TableName::new(row.get::<String>("schema")?, row.get::<String>("name")?);
        let declared = owners.get(&format!("{}.{}", table.schema, table.name));
        let flags = |names: [&str; 4]| names.map(|name| row.flag(name));
        Ok(Self {
            owner: declared.cloned().or_else(|| row.text("owner").map(str::to_owned)),
            table,
            role: row.get("role")?,
            row_level_security: row.flag("row_level_security"),
            is_filtered: row.flag("is_filtered"),
            kind: row.get("kind")?,
            sees_whole_rows: row.flag("sees_whole_rows"),
            granted: flags(["may_select", "may_insert", "may_update", "may_delete"]),
            has_policy: flags(["policy_select", "policy_insert", "policy_update", "policy_delete"]),
            insert_if: row.text("insert_if").map(str::to_owned),
            update_if: row.text("update_if").map(str::to_owned),
            delete_if: row.text("delete_if").map(str::to_owned),
        })
    }
}

/// Every relation of the exposed schemas for every role, in one statement.
pub(super) fn query(request: &AccessRequest, roles: &[&str]) -> String {
    let has = |letter: char| format!("bool_or(p.polpermissive and p.polcmd in ('{letter}', '*'))");
    let policies = format!(
        "{} as policy_select, {} as policy_insert, {} as policy_update, {} as policy_delete, \
         {} as insert_if, {} as update_if, {} as delete_if",
        has('r'),
        has('a'),
        has('w'),
        has('d'),
        condition('a', "coalesce(p.polwithcheck, p.polqual)"),
        condition('w', "p.polqual"),
        condition('d', "p.polqual")
    );
    format!(
        "with people as materialized ( \
           select 'auth.users'::text as relation, to_regclass('auth.users')::oid as oid, 'id'::name as column_name \
           union all select c.conrelid::regclass::text, c.conrelid, a.attname \
           from pg_constraint c join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] \
           where c.contype = 'f' and c.confrelid = to_regclass('auth.users') and cardinality(c.conkey) = 1 \
             and exists (select from pg_index i where i.indrelid = c.conrelid and i.indisprimary \
                         and i.indnatts = 1 and i.indkey[0] = c.conkey[1])), \
         owners as materialized ( \
           select distinct on (c.conrelid) c.conrelid as oid, a.attname as owner \
           from pg_constraint c join people on people.oid = c.confrelid \
           join pg_attribute a on a.attrelid = c.conrelid and a.attnum = c.conkey[1] \
           join pg_attribute r on r.attrelid = c.confrelid and r.attnum = c.confkey[1] and r.attname = people.column_name \
           where c.contype = 'f' and cardinality(c.conkey) = 1 \
           order by c.conrelid, array_position(array['user_id','owner_id','sales_id','profile_id','created_by','id']::name[], a.attname), a.attnum), \
         roles as (select * from pg_roles where rolname = any ({roles})) \
         select n.nspname as schema, c.relname as name, r.rolname as role, c.relrowsecurity as row_level_security, o.owner, \
           c.relrowsecurity and not r.rolbypassrls and not r.rolsuper \
             and (c.relforcerowsecurity or not pg_has_role(r.oid, c.relowner, 'usage')) as is_filtered, \
           c.relkind as kind, \
           has_table_privilege(r.oid, c.oid, 'select') as sees_whole_rows, \
           usable and has_any_column_privilege(r.oid, c.oid, 'select') as may_select, \
           usable and events & 8 <> 0 and has_any_column_privilege(r.oid, c.oid, 'insert') as may_insert, \
           usable and events & 4 <> 0 and has_any_column_privilege(r.oid, c.oid, 'update') as may_update, \
           usable and events & 16 <> 0 and has_table_privilege(r.oid, c.oid, 'delete') as may_delete, \
           q.* \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace cross join roles r \
         left join owners o on o.oid = c.oid \
         cross join lateral (select has_schema_privilege(r.oid, n.oid, 'usage') as usable, \
                             pg_relation_is_updatable(c.oid, true) as events) as e \
         cross join lateral (select {policies} from pg_policy p \
           where p.polrelid = c.oid and exists (select from unnest(p.polroles) as g(oid) \
             where case g.oid when 0 then true else pg_has_role(r.oid, g.oid, 'usage') end)) as q \
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname = any ({schemas}) \
           and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') \
         order by n.nspname collate \"C\", c.relname collate \"C\", r.rolname",
        roles = text_array(roles),
        schemas = text_array(&request.schemas),
    )
}

/// What the policies of a command ask of a row: one permissive one must hold, and all restrictive ones.
fn condition(letter: char, expression: &str) -> String {
    let applies = format!("p.polcmd in ('{letter}', '*')");
    let each = format!("'(' || coalesce(pg_get_expr({expression}, p.polrelid), 'true') || ')'");
    format!(
        "'(' || string_agg({each}, ' or ') filter (where p.polpermissive and {applies}) || ')' \
         || coalesce(' and ' || string_agg({each}, ' and ') filter (where not p.polpermissive and {applies}), '')"
    )
}

/// The users somebody may become, each with the claims its token would carry. Names no secret.
pub(super) fn users_query(pattern: Option<&str>, emails: &[String]) -> String {
    format!(
        "select u.id, lower(u.email) as email, \
           coalesce(u.raw_app_meta_data ->> 'crm_role', u.raw_app_meta_data ->> 'role') as crm_role, \
           jsonb_build_object('sub', u.id, 'email', u.email, 'phone', coalesce(u.phone, ''), \
             'app_metadata', coalesce(u.raw_app_meta_data, '{{}}'), 'user_metadata', coalesce(u.raw_user_meta_data, '{{}}'), \
             'is_anonymous', false, 'aal', 'aal1', 'aud', 'authenticated', 'role', 'authenticated') as claims \
         from auth.users u where lower(u.email) = any ({emails}) or lower(u.email) like lower({pattern}) \
         order by lower(u.email) = any ({emails}) desc, lower(u.email) collate \"C\" limit 50",
        emails = text_array(emails),
        pattern = pattern.map_or_else(|| "null".to_owned(), literal),
    )
}
