-- Runs in one transaction, once. New tables in `public` need row level security, policies and grants of their own:
--   alter table public.example enable row level security;
--   grant select, insert, update, delete on public.example to authenticated;

