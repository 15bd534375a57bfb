-- Statements whose ends are hard to see.
create table if not exists a (id int primary key, "x;y" text default ';', z text default E'\';');
create rule r as on insert to a do also (insert into b values (1); insert into b values (2));
create or replace function f(n int) returns int language sql
begin atomic
  select case when n > 1 then case n when 2 then 3 else 4 end end;
  select case n when 1 then 2 end as "end";
end;
create function g() returns text language plpgsql as $größe$ begin return $$;$$; end; $größe$;
select 1 /* a /* nested ; */ comment ; */ + 2; -- and ; one more
do $$ begin perform 1; exception when others then null; end $$;
select 'it''s; fine', U&'d\0061t\+000061;', U&"d;x" from b;
select 5 -- minus ; minus
 - 3;
create procedure p() language sql begin atomic insert into b values (1); end;
select 'a'
 ';' from c where d @> '{;}' and not e ?| array[';'];
