-- Once rows are there: what they do not fulfil, and what would fire.
alter table public.to_numeric add constraint nowhere foreign key (id) references public.swap not valid;
comment on constraint nowhere on public.to_numeric is 'goes nowhere';
comment on constraint to_numeric_k_fkey on public.to_numeric is 'it''s to stay';
create trigger rows after insert on public.watched referencing new table as fresh for each statement execute function public.refuse();
create trigger old after delete on public.watched referencing old table as stale for each statement execute function public.refuse();
create trigger always before insert or update or delete on public.k_numeric for each row execute function public.refuse();
alter table public.k_numeric enable always trigger always;
create trigger replica before insert or update or delete on public.k_case for each row execute function public.refuse();
alter table public.k_case enable replica trigger replica;
