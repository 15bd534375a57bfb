select age(d.datfrozenxid) as transaction_age, mxid_age(d.datminmxid) as multixact_age,
  (select count(*) from pg_catalog.pg_stat_activity a where a.backend_type = 'client backend') as connections,
  current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int as most_connections,
  (select x.extnamespace::regnamespace::text from pg_catalog.pg_extension x where x.extname = 'pg_stat_statements') as statements_schema
from pg_catalog.pg_database d where d.datname = current_database()
