-- Stand-in for pgjwt: tokens are signed and verified, with HMAC of pgcrypto.

create function @extschema@.url_encode(data bytea) returns text language sql immutable as $$
  select rtrim(translate(encode(data, 'base64'), E'+/\n', '-_'), '=')
$$;
create function @extschema@.url_decode(data text) returns bytea language sql immutable as $$
  select decode(rpad(translate(data, '-_', '+/'), (length(data) + 3) / 4 * 4, '='), 'base64')
$$;
create function @extschema@.algorithm_sign(signables text, secret text, algorithm text) returns text
language sql immutable set search_path = @extschema@, public, extensions as $$
  select url_encode(hmac(signables, secret,
    case algorithm when 'HS256' then 'sha256' when 'HS384' then 'sha384' when 'HS512' then 'sha512' else '' end))
$$;
create function @extschema@.sign(payload json, secret text, algorithm text default 'HS256') returns text
language sql immutable set search_path = @extschema@, public, extensions as $$
  select signables || '.' || algorithm_sign(signables, secret, algorithm)
  from (select
    url_encode(convert_to(json_build_object('alg', algorithm, 'typ', 'JWT')::text, 'UTF8')) || '.'
      || url_encode(convert_to(payload::text, 'UTF8'))) as parts (signables)
$$;
create function @extschema@.try_cast_double(inp text) returns double precision language plpgsql immutable as $$
begin
  return inp::double precision;
exception when others then
  return null;
end
$$;
create function @extschema@.verify(token text, secret text, algorithm text default 'HS256')
returns table (header json, payload json, valid boolean)
language sql immutable set search_path = @extschema@, public, extensions as $$
  select
    parts.header, parts.payload,
    parts.signature = algorithm_sign(parts.signables, secret, algorithm)
      and tstzrange(
        to_timestamp(try_cast_double(parts.payload ->> 'nbf')), to_timestamp(try_cast_double(parts.payload ->> 'exp'))
      ) @> current_timestamp
  from (select
    convert_from(url_decode(split_part(token, '.', 1)), 'UTF8')::json,
    convert_from(url_decode(split_part(token, '.', 2)), 'UTF8')::json,
    split_part(token, '.', 1) || '.' || split_part(token, '.', 2),
    split_part(token, '.', 3)) as parts (header, payload, signables, signature)
$$;
