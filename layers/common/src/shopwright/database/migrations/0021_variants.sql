-- What each variant of a product is like, and how many of it are left, so that "in moss, is it in stock?" is answered of that one.

set local role shopwright_owner;

-- The values of each variant that is sold of these products, those that all of them share among them, in one round trip
-- and under row-level security. A variant of which nothing is known comes back with nulls.
create function shopwright.facts_of_variants(passport text, products text[])
returns table (
    product_id text, sku text, title text, ordinal integer, name text, kind text, low numeric, high numeric, words text[],
    unit text, version bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    with sold as materialized (
        select v.product_id, v.sku, v.title, v.ordinal
          from variant v
          join product p on p.merchant_id = merchant and p.id = v.product_id and not p.withdrawn
         where v.merchant_id = merchant and v.product_id = any (products) and not v.withdrawn)
    select sold.*, null, null, null::numeric, null::numeric, null::text[], null, null::bigint
      from sold
    union all
    select sold.*, f.name, min(f.kind), min(f.amount), max(f.amount),
           array_agg(f.words order by f.sku) filter (where f.words is not null), min(f.unit), sum(f.version)::bigint
      from sold
      join product_fact f on f.merchant_id = merchant and f.product_id = sold.product_id and f.sku in ('', sold.sku)
     group by sold.product_id, sold.sku, sold.title, sold.ordinal, f.name
    having count(f.amount) + count(f.words) > 0
    union all
    select sold.*, 'stock', 'quantity', greatest(s.on_hand - s.held, 0)::numeric,
           greatest(s.on_hand - s.held, 0)::numeric, null, '', s.version
      from sold
      join stock s on s.merchant_id = merchant and s.product_id = sold.product_id and s.sku = sold.sku
     where s.on_hand is not null
     order by 1, 4, 2;
end
$$;
revoke all on function shopwright.facts_of_variants(text, text[]) from public;
grant execute on function shopwright.facts_of_variants(text, text[]) to shopwright_app;

reset role;
