-- name: admit
-- Make the transaction that has begun the passport's tenant's, or refuse it.
select shopwright.admit(%(passport)s);

-- name: prove_isolated
-- What the start-up self-test looks at: the canary, our own powers, tables whose security is not forced, a type number.
select shopwright.canary_planted() as planted,
       exists (select from shopwright.document where merchant_id = '.canary') as seen,
       (select rolsuper or rolbypassrls from pg_catalog.pg_roles where rolname = current_user) as privileged,
       exists (
           select
             from pg_catalog.pg_attribute a
             join pg_catalog.pg_class c on c.oid = a.attrelid
            where c.relnamespace = 'shopwright'::regnamespace
              and c.relkind in ('r', 'p')
              and a.attname = 'merchant_id'
              and not (c.relrowsecurity and c.relforcerowsecurity)
       ) as unforced,
       t.oid as halfvec,
       t.typarray as halfvec_array
  from pg_catalog.pg_type t
 where t.oid = 'halfvec'::regtype;

-- name: next_generation
-- What the merchant's shoppers can be told has changed: call it in the transaction that changes it, after the change.
insert into shopwright.generation as known (merchant_id, number) values (%(merchant)s, 1)
    on conflict (merchant_id) do update set number = known.number + 1, changed_at = clock_timestamp()
returning number;

-- name: refresh_views
-- Count what merchants' statistics show, unless somebody else is at it.
select shopwright.refresh_views() as counted_at;
