begin;
insert into "Sales ""EU"".x"."select" values (1, 'a', E'tab\t and \\. and \\N', 'q', E'two\nlines', '%', '$1', 'ü', '\'), (2, null, '', null, null, null, null, '日本', null);
insert into public."table.with.dots" ("Größe") values (1.50), (2);
insert into "схема".an_ordinary_name_that_is_exactly_sixty_three_bytes_long_in_all_ values (4);
insert into public."it's ""%I"" $crmctl$ $$" values ('it''s "%I" $crmctl$ $$');
insert into public.kinds (m, ms, a, p, ps, s, sm, po, re, fe, n, f8, f4, b, j, jb, x, t, c, v, bi, vb, ts, tz, d, ti, tt, iv, mo, u, ip, ma, pt, po2,
  tv, tq, rc, na, ch, ar, nu, lsn)
values ('it''s, "fine"', '{sad,glad,NULL,"it''s, \"fine\""}', '("a, ""b"" \\ street",7)', row('n', row('s', 1), '{a,NULL,"NULL",""}'),
  array[row('n', row('s', 1), '{}')]::public.person[], '[1.5,2)', '{[1,3),[7,9)}', 1, 'r', '{1,2}', 'NaN', '-0', '1e-30', '\x00ff5c', '{"a": 1,  "a":2}',
  '{"b": 1.0, "a": null}', '<a>&amp;</a>', repeat('long ü text ', 20000), 'x', 'v', '101', '1', 'infinity', '0044-03-15 12:00:00+02 BC',
  '0044-03-15 BC', '24:00', '12:00+15:59', '1 mon -1 day 00:00:00.000001', '12.34', 'b0a5f3e0-0000-4000-8000-000000000001', '::1/64',
  '08:00:2b:01:02:03', '(1e-300,NaN)', '((0,0),(1,1))', '''it''''s'':1A b:2', 'a & !b:*', 'public.mother', 'n', 'x', '[0:1][2:3]={{1,2},{3,4}}',
  '{1.0,1.00,NaN,NULL}', '16/B374D848');
insert into public.kinds default values;
insert into public.by_default (n) values (1), (2);
insert into public.nothing default values;
insert into public.nothing default values;
insert into public.only_made default values;
insert into public.volatile values (1);
insert into public.no_key values (1, 'twice', 2), (1, 'twice', 2), (null, null, null);
insert into public.squeezed values (repeat('x', 9000), repeat('y', 9000));
insert into public.of_type values (1, 'one');
insert into public.looked_up values (3);
insert into public.measured values (1, '2020-05-05', 'a', 'x'), (2, '2020-05-05', 'b', 'y'), (3, '2021-05-05', 'c', 'z'), (4, '2030-01-01', 'd', null);
insert into public.measured_old values (9, '1999-01-01', 'o', 'detached');
insert into public.mother values (1, 'mother');
insert into public.other_mother values (2);
insert into public.child values (3, 'child', 4, 5);
insert into public.refers_to_parted values (1, 3, '2021-05-05', 'c'), (2, null, null, null);
insert into public.ring_a values (1, null, 2), (2, null, 1);
insert into public.ring_b values (1, 2, null);
insert into public.ring_c values (1, 1);
update public.ring_a set b = 1;
update public.ring_b set c = 1;
insert into public.loose values (1, -1, 99);
insert into public.loose_child values (2, -2, 98);
insert into public.swapped values (1, '[1,3)'), (2, '[3,5)');
select nextval('public.lonely'), nextval('public.lonely'), nextval('public.down'), nextval('public.round'), nextval('public.shared');
insert into public.one_of_two default values;
insert into public.two_of_two default values;
insert into public.forced values (1, 'secret');
commit;
