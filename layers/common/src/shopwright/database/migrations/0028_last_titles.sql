-- What an article was called when it was last sold: a cart may hold one that has been withdrawn since.

set local role shopwright_owner;

-- In one round trip and under row-level security. Of products that have shared a number, the one that changed last.
create function shopwright.last_titles(passport text, skus text[])
returns table (sku text, title text, variant text)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    select distinct on (v.sku) v.sku, p.title, v.title
      from variant v
      join product p on p.merchant_id = merchant and p.id = v.product_id
     where v.merchant_id = merchant and v.sku = any (skus)
     order by v.sku, p.changed_at desc, p.id;
end
$$;

revoke all on function shopwright.last_titles(text, text[]) from public;
grant execute on function shopwright.last_titles(text, text[]) to shopwright_app;
reset role;
