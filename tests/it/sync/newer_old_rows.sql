begin; set constraints all deferred; set local session_replication_role = replica;
update public.made set a = 1.00 where id = 1; delete from public.made where id = 3; insert into public.made values (4, 4, 'z');
insert into public.only_virtual default values; update public.temporal set at = '[2020-01-01,2020-09-01)' where v = 'a'; update public.temporal set at = '[2020-09-01,2022-01-01)' where v = 'b';
update public.refers set at = '[2020-02-01,2020-08-01)' where n = 1; insert into public.unique_time values (null, null, 2);
delete from public.multi where at = '{[2021-01-01,2022-01-01)}'; update public.unchecked set m = 5 where id = 1;
update public.parted set at = '2020-07-07' where id = 2; update public.child set c = 3; update public.uuids set v = 'z' where v = 'x'; update public.loose_null set x = 9 where id = 1;
commit;
