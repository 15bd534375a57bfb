-- Stand-in for pgsodium, which is going away from the platform: its schema, and none of its functions.

grant usage on schema pgsodium to postgres;
