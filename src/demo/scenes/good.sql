-- A score for every contact.
create table public.contact_scores (
    contact_id uuid primary key references public.contacts (id) on delete cascade,
    score integer not null check (score between 0 and 100)
);
alter table public.contact_scores enable row level security;
create policy contact_scores_service on public.contact_scores to service_role using (true);
grant select on public.contact_scores to authenticated;

insert into public.contact_scores (contact_id, score)
select id, 50 from public.contacts;

-- crmctl:verify select (select count(*) from public.contact_scores) = (select count(*) from public.contacts)
