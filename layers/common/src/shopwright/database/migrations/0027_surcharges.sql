-- What an article's delivery costs on top, for what is bulky: the offers of a cart say it.

set local role shopwright_owner;
drop function shopwright.offers_of(text, text[]);

-- What is sold now under these article numbers, in one round trip and under row-level security. A number that two
-- products share comes back twice; one that is sold no more does not come back.
create function shopwright.offers_of(passport text, skus text[])
returns table (
    sku text, product_id text, title text, variant text, amount numeric, currency text, price_version bigint,
    availability text, on_hand integer, surcharge numeric, surcharge_currency text)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    select v.sku, p.id, p.title, v.title, price.amount, price.unit, price.version, state.words,
           left_over.n, bulky.amount, bulky.unit
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
      left join lateral (
           select f.amount, f.unit
             from product_fact f
            where f.merchant_id = merchant and f.product_id = v.product_id and f.sku in ('', v.sku)
              and f.name = 'delivery_surcharge' and f.kind = 'money' and f.amount is not null
            order by f.sku desc
            limit 1) bulky on true
     where v.merchant_id = merchant and v.sku = any (skus) and not v.withdrawn
     order by v.sku, p.id;
end
$$;

revoke all on function shopwright.offers_of(text, text[]) from public;
grant execute on function shopwright.offers_of(text, text[]) to shopwright_app;
reset role;
