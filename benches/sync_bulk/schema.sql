create table public.organizations (id uuid primary key, name text not null, industry text, created_at timestamptz not null, notes text);
create table public.contacts (id uuid primary key, organization uuid references public.organizations, first_name text not null, last_name text not null, email text not null, created_at timestamptz not null, score numeric(8,2));
create table public.deals (id bigint primary key, organization uuid references public.organizations, contact uuid references public.contacts, title text not null, amount numeric(12,2), stage text not null, closes_on date, created_at timestamptz not null);
create table public.activities (id bigint primary key, contact uuid references public.contacts, kind text not null, body text not null, at timestamptz not null);
create index on public.contacts (organization);
create index on public.contacts (email);
create index on public.deals (organization);
create index on public.deals (stage, closes_on);
create index on public.activities (contact, at);
