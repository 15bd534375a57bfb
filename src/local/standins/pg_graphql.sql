-- Stand-in for pg_graphql: every query is answered with an error.

create sequence graphql.seq_schema_version cycle;
create function graphql.get_schema_version() returns integer language sql stable as $$
  select last_value::integer from graphql.seq_schema_version
$$;
create function graphql.resolve(
  query text, variables jsonb default '{}', "operationName" text default null, extensions jsonb default null
) returns jsonb language sql as $$
  select jsonb_build_object('errors', jsonb_build_array(
    jsonb_build_object('message', 'this server stands in for pg_graphql and answers no queries')))
$$;

grant usage on schema graphql to postgres with grant option;
grant usage on schema graphql to anon, authenticated, service_role;
grant execute on function graphql.resolve(text, jsonb, text, jsonb) to postgres, anon, authenticated, service_role;
