-- A merchant's generation: one number that grows with every change to what its shoppers can be told. It changes in the
-- transaction that makes the change, so that an answer kept from an older generation can be told from a fresh one.

set local role shopwright_owner;

create table shopwright.generation (
    merchant_id text primary key,
    number      bigint not null check (number > 0),
    changed_at  timestamptz not null default now()
);
alter table shopwright.generation enable row level security;
alter table shopwright.generation force row level security;
create policy own_rows on shopwright.generation
    using (merchant_id = (select shopwright.tenant()))
    with check (merchant_id = (select shopwright.tenant()));
create policy search_reads on shopwright.generation for select to shopwright_search using (true);
grant select, insert, update on shopwright.generation to shopwright_app;
grant select on shopwright.generation to shopwright_search;

reset role;
