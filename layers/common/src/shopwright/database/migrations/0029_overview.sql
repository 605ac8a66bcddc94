-- What a shop has as a whole: its brands and categories, and what of it is sold out.

set local role shopwright_owner;

-- How many products there are of each brand and of each category, the most first; and products that cannot be had. Each
-- list ends after `most`. In one round trip and under row-level security.
create function shopwright.overview_of(passport text, most integer)
returns table (name text, value text, products bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    (select 'brand', f.words, count(distinct p.id)
       from product p
       join product_fact f on f.merchant_id = merchant and f.product_id = p.id
                          and f.name = 'brand' and f.words is not null
      where p.merchant_id = merchant and not p.withdrawn
      group by f.words
      order by 3 desc, 2
      limit most)
    union all
    (select 'category', f.words, count(distinct p.id)
       from product p
       join product_fact f on f.merchant_id = merchant and f.product_id = p.id
                          and f.name = 'category' and f.words is not null
      where p.merchant_id = merchant and not p.withdrawn
      group by f.words
      order by 3 desc, 2
      limit most)
    union all
    (select 'sold out', p.id, 1::bigint
       from product p
      where p.merchant_id = merchant and not p.withdrawn and not shopwright.can_be_had(merchant, p.id)
      order by p.title, p.id
      limit most);
end
$$;

revoke all on function shopwright.overview_of(text, integer) from public;
grant execute on function shopwright.overview_of(text, integer) to shopwright_app;
reset role;
