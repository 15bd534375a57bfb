-- Stand-in for pgmq: queues are tables, as with the real one; partitioned ones are plain, and nobody listens.

create table pgmq.meta (
  queue_name varchar unique not null,
  is_partitioned boolean not null,
  is_unlogged boolean not null,
  created_at timestamptz not null default now()
);
create type pgmq.message_record as (
  msg_id bigint, read_ct integer, enqueued_at timestamptz, vt timestamptz, message jsonb, headers jsonb
);
create type pgmq.queue_record as (
  queue_name varchar, is_partitioned boolean, is_unlogged boolean, created_at timestamptz
);

create function pgmq._table(prefix text, queue_name text) returns text language plpgsql immutable as $$
begin
  if length(queue_name) > 47 then
    raise exception 'queue name is too long, maximum length is 47 characters';
  end if;
  return format('pgmq.%I', prefix || '_' || lower(queue_name));
end
$$;
create function pgmq._create(queue_name text, unlogged boolean) returns void language plpgsql as $$
declare
  queue text := pgmq._table('q', queue_name);
  archive text := pgmq._table('a', queue_name);
begin
  execute format(
    'create %s table if not exists %s (msg_id bigint primary key generated always as identity, '
    'read_ct integer not null default 0, enqueued_at timestamptz not null default now(), vt timestamptz not null, '
    'message jsonb, headers jsonb)', case when unlogged then 'unlogged' else '' end, queue);
  execute format(
    'create table if not exists %s (msg_id bigint primary key, read_ct integer not null default 0, '
    'enqueued_at timestamptz not null default now(), archived_at timestamptz not null default now(), '
    'vt timestamptz not null, message jsonb, headers jsonb)', archive);
  execute format('create index if not exists %I on %s (vt)', 'q_' || lower(queue_name) || '_vt_idx', queue);
  execute format(
    'create index if not exists %I on %s (archived_at)', 'archived_at_idx_' || lower(queue_name), archive);
  insert into pgmq.meta (queue_name, is_partitioned, is_unlogged) values (queue_name, false, unlogged)
  on conflict do nothing;
end
$$;
create function pgmq.create(queue_name text) returns void language sql as $$
  select pgmq._create(queue_name, false)
$$;
create function pgmq.create_non_partitioned(queue_name text) returns void language sql as $$
  select pgmq._create(queue_name, false)
$$;
create function pgmq.create_unlogged(queue_name text) returns void language sql as $$
  select pgmq._create(queue_name, true)
$$;
create function pgmq.create_partitioned(
  queue_name text, partition_interval text default '10000', retention_interval text default '100000'
) returns void language sql as $$
  select pgmq._create(queue_name, false)
$$;
create function pgmq.drop_queue(queue_name text) returns boolean language plpgsql as $$
begin
  execute format('drop table if exists %s, %s', pgmq._table('q', queue_name), pgmq._table('a', queue_name));
  delete from pgmq.meta where meta.queue_name = drop_queue.queue_name;
  return found;
end
$$;
create function pgmq.list_queues() returns setof pgmq.queue_record language sql stable as $$
  select queue_name, is_partitioned, is_unlogged, created_at from pgmq.meta
$$;

create function pgmq.send_batch(queue_name text, msgs jsonb[], headers jsonb[], delay timestamptz)
returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'insert into %s (vt, message, headers) select $2, m, h from unnest($1, $3) as u (m, h) returning msg_id',
    pgmq._table('q', queue_name)) using msgs, delay, coalesce(headers, '{}');
end
$$;
create function pgmq.send_batch(queue_name text, msgs jsonb[], delay integer default 0)
returns setof bigint language sql as $$
  select pgmq.send_batch(queue_name, msgs, null, clock_timestamp() + make_interval(secs => delay))
$$;
create function pgmq.send(queue_name text, msg jsonb, headers jsonb, delay integer default 0)
returns setof bigint language sql as $$
  select pgmq.send_batch(queue_name, array[msg], array[headers], clock_timestamp() + make_interval(secs => delay))
$$;
create function pgmq.send(queue_name text, msg jsonb, delay integer) returns setof bigint language sql as $$
  select pgmq.send(queue_name, msg, null::jsonb, delay)
$$;
create function pgmq.send(queue_name text, msg jsonb, delay timestamptz) returns setof bigint language sql as $$
  select pgmq.send_batch(queue_name, array[msg], null, delay)
$$;
create function pgmq.send(queue_name text, msg jsonb) returns setof bigint language sql as $$
  select pgmq.send(queue_name, msg, 0)
$$;

create function pgmq.read(queue_name text, vt integer, qty integer, conditional jsonb default '{}')
returns setof pgmq.message_record language plpgsql as $$
begin
  return query execute format(
    'update %1$s m set vt = clock_timestamp() + $2, read_ct = read_ct + 1 '
    'where msg_id in (select msg_id from %1$s where vt <= clock_timestamp() and message @> $3 '
    'order by msg_id limit $1 for update skip locked) '
    'returning m.msg_id, m.read_ct, m.enqueued_at, m.vt, m.message, m.headers',
    pgmq._table('q', queue_name)) using qty, make_interval(secs => vt), conditional;
end
$$;
create function pgmq.pop(queue_name text) returns setof pgmq.message_record language plpgsql as $$
begin
  return query execute format(
    'delete from %1$s where msg_id = (select msg_id from %1$s where vt <= clock_timestamp() '
    'order by msg_id limit 1 for update skip locked) returning msg_id, read_ct, enqueued_at, vt, message, headers',
    pgmq._table('q', queue_name));
end
$$;
create function pgmq.set_vt(queue_name text, msg_id bigint, vt integer)
returns setof pgmq.message_record language plpgsql as $$
begin
  return query execute format(
    'update %s set vt = clock_timestamp() + $2 where msg_id = $1 '
    'returning msg_id, read_ct, enqueued_at, vt, message, headers',
    pgmq._table('q', queue_name)) using msg_id, make_interval(secs => vt);
end
$$;
create function pgmq.delete(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'delete from %s where msg_id = any ($1) returning msg_id', pgmq._table('q', queue_name)) using msg_ids;
end
$$;
create function pgmq.delete(queue_name text, msg_id bigint) returns boolean language sql as $$
  select exists (select pgmq.delete(queue_name, array[msg_id]))
$$;
create function pgmq.archive(queue_name text, msg_ids bigint[]) returns setof bigint language plpgsql as $$
begin
  return query execute format(
    'with gone as (delete from %s where msg_id = any ($1) '
    'returning msg_id, vt, read_ct, enqueued_at, message, headers) '
    'insert into %s (msg_id, vt, read_ct, enqueued_at, message, headers) select * from gone returning msg_id',
    pgmq._table('q', queue_name), pgmq._table('a', queue_name)) using msg_ids;
end
$$;
create function pgmq.archive(queue_name text, msg_id bigint) returns boolean language sql as $$
  select exists (select pgmq.archive(queue_name, array[msg_id]))
$$;
create function pgmq.purge_queue(queue_name text) returns bigint language plpgsql as $$
declare
  gone bigint;
begin
  execute format('delete from %s', pgmq._table('q', queue_name));
  get diagnostics gone = row_count;
  return gone;
end
$$;

grant usage on schema pgmq to postgres with grant option;
grant all on all tables in schema pgmq to postgres with grant option;
