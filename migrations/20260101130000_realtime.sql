-- Changes that open browsers are told about. Row level security decides who gets which row.
-- The catalogue of links and test users is left out: nobody watches it, and each table costs on every write.

alter publication supabase_realtime add table
  public.sales,
  public.organizations,
  public.contacts,
  public.contact_notes,
  public.opportunities,
  public.opportunity_products,
  public.opportunity_notes,
  public.tasks,
  public.activities;
