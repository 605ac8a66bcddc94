-- What articles cost and whether they can be had, by article number for the cart and by product for a search. What an
-- article costs is its sale price where it has one: a feed's reader writes one only while it is lower than the price.

set local role shopwright_owner;

create index product_by_price on shopwright.product_fact (merchant_id, amount)
    where name in ('price', 'sale_price') and kind = 'money' and amount is not null;

-- What is sold now under these article numbers, in one round trip and under row-level security. A number that two
-- products share comes back twice; one that is sold no more does not come back.
create function shopwright.offers_of(passport text, skus text[])
returns table (
    sku text, product_id text, title text, variant text, amount numeric, currency text, price_version bigint,
    availability text, on_hand integer)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    select v.sku, p.id, p.title, v.title, price.amount, price.unit, price.version, state.words,
           left_over.n
      from variant v
      join product p on p.merchant_id = merchant and p.id = v.product_id and not p.withdrawn
      left join lateral (
           select greatest(s.on_hand - s.held, 0) as n
             from stock s
            where s.merchant_id = merchant and s.product_id = v.product_id and s.sku = v.sku
              and s.on_hand is not null) left_over on true
      left join lateral (
           select f.amount, f.unit, f.version
             from product_fact f
            where f.merchant_id = merchant and f.product_id = v.product_id and f.sku in ('', v.sku)
              and f.name in ('price', 'sale_price') and f.kind = 'money' and f.amount is not null
            order by f.name desc, f.sku desc
            limit 1) price on true
      left join lateral (
           select f.words
             from product_fact f
            where f.merchant_id = merchant and f.product_id = v.product_id and f.sku in ('', v.sku)
              and f.name = 'availability' and f.words is not null
            order by f.sku desc
            limit 1) state on true
     where v.merchant_id = merchant and v.sku = any (skus) and not v.withdrawn
     order by v.sku, p.id;
end
$$;

-- Products that are named, or that passages tell of, or with neither the cheapest ones, each with those of its variants
-- that fit: in the order in which they were named, or by price. Null bounds and a null currency narrow nothing.
-- `place` is the number of the name or the passage, from 1; 0 when there was none.
create function shopwright.find_products(
    passport text, chunks uuid[], products text[], lowest numeric, highest numeric, in_currency text, only_available boolean,
    at_most integer)
returns table (
    product_id text, title text, skus text[], low numeric, high numeric, currency text, is_out boolean, on_hand bigint,
    place bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    with named as (
        select l.product_id, min(n.place) as place
          from unnest(chunks) with ordinality as n (chunk_id, place)
          join product_passage l on l.merchant_id = merchant and l.chunk_id = n.chunk_id
         group by l.product_id
        union all
        select n.id, min(n.place) from unnest(products) with ordinality as n (id, place) group by n.id),
    cheapest as (
        select f.product_id, f.amount
          from product_fact f
         where chunks is null and products is null and f.merchant_id = merchant
           and f.name in ('price', 'sale_price') and f.kind = 'money' and f.amount is not null
           and (lowest is null or f.amount >= lowest) and (highest is null or f.amount <= highest)
           and (in_currency is null or f.unit = in_currency)
         order by f.amount, f.product_id
         limit at_most * 20),
    candidate as (
        select product_id, place, null::numeric as cost from named
        union all
        select product_id, 0, min(amount) from cheapest group by product_id),
    fitting as (
        select c.place, c.cost, p.id as product, p.title, v.sku, v.ordinal, price.amount, price.unit, left_over.n,
               case when left_over.n is not null then left_over.n = 0
                    else state.words is not distinct from 'out of stock' end as none
          from candidate c
          join product p on p.merchant_id = merchant and p.id = c.product_id and not p.withdrawn
          join variant v on v.merchant_id = merchant and v.product_id = p.id and not v.withdrawn
          left join lateral (
               select greatest(s.on_hand - s.held, 0) as n
                 from stock s
                where s.merchant_id = merchant and s.product_id = v.product_id and s.sku = v.sku
                  and s.on_hand is not null) left_over on true
          left join lateral (
               select f.amount, f.unit
                 from product_fact f
                where f.merchant_id = merchant and f.product_id = v.product_id and f.sku in ('', v.sku)
                  and f.name in ('price', 'sale_price') and f.kind = 'money' and f.amount is not null
                order by f.name desc, f.sku desc
                limit 1) price on true
          left join lateral (
               select f.words
                 from product_fact f
                where f.merchant_id = merchant and f.product_id = v.product_id and f.sku in ('', v.sku)
                  and f.name = 'availability' and f.words is not null
                order by f.sku desc
                limit 1) state on true)
    select product, min(fitting.title), (array_agg(fitting.sku order by ordinal, fitting.sku))[:20],
           min(fitting.amount), max(fitting.amount), min(fitting.unit), bool_and(none),
           case when bool_and(n is not null) then sum(n)::bigint end, min(fitting.place)
      from fitting
     where (lowest is null or amount >= lowest) and (highest is null or amount <= highest)
       and (in_currency is null or unit = in_currency)
       and not (only_available and none)
     group by product
     order by min(fitting.place), min(cost), product
     limit at_most;
end
$$;

-- The facts of a product, or of one of its variants, as `facts_of` tells those of a passage's. A product that is sold no
-- more has none.
create function shopwright.facts_of_product(passport text, of_product text, of_sku text)
returns table (
    product_id text, sku text, name text, kind text, low numeric, high numeric, words text[], unit text, version bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    with sold as materialized (
        select p.id
          from product p
         where p.merchant_id = merchant and p.id = of_product and not p.withdrawn
           and (of_sku = '' or exists (
                select from variant v
                 where v.merchant_id = merchant and v.product_id = p.id and v.sku = of_sku and not v.withdrawn)))
    select sold.id, of_sku, f.name, min(f.kind), min(f.amount), max(f.amount),
           array_agg(f.words order by v.ordinal, f.sku) filter (where f.words is not null), min(f.unit),
           sum(f.version)::bigint
      from sold
      join product_fact f on f.merchant_id = merchant and f.product_id = sold.id
                         and (of_sku = '' or f.sku in ('', of_sku))
      left join variant v on v.merchant_id = merchant and v.product_id = f.product_id and v.sku = f.sku
     group by sold.id, f.name
    having count(f.amount) + count(f.words) > 0
    union all
    select sold.id, of_sku, 'stock', 'quantity', sum(greatest(s.on_hand - s.held, 0)),
           sum(greatest(s.on_hand - s.held, 0)), null, '', sum(s.version)::bigint
      from sold
      join stock s on s.merchant_id = merchant and s.product_id = sold.id and (of_sku = '' or s.sku = of_sku)
      join variant v on v.merchant_id = merchant and v.product_id = s.product_id and v.sku = s.sku
     group by sold.id
    having bool_and(s.on_hand is not null or v.withdrawn);
end
$$;

revoke all on function
    shopwright.facts_of_product(text, text, text),
    shopwright.offers_of(text, text[]),
    shopwright.find_products(text, uuid[], text[], numeric, numeric, text, boolean, integer) from public;
grant execute on function
    shopwright.facts_of_product(text, text, text),
    shopwright.offers_of(text, text[]),
    shopwright.find_products(text, uuid[], text[], numeric, numeric, text, boolean, integer) to shopwright_app;

reset role;
