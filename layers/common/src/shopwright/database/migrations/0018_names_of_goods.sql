-- What products and brands are called, so that a question about the Emile Henry dish does not lose it as a person's name.

set local role shopwright_owner;

-- A name as it is compared: small letters without accents, and words apart.
create function shopwright.plain_name(said text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp
as $$
select regexp_replace(
    regexp_replace(normalize(lower(said), nfkd), '[\u0300-\u036f]', '', 'g'), '[-_/.,;:+&()"''\u2019\u2010-\u2015]+', ' ', 'g')
$$;
revoke all on function shopwright.plain_name(text) from public;
grant execute on function shopwright.plain_name(text) to shopwright_app, shopwright_search;

create index product_by_words on shopwright.product
    using gin (to_tsvector('pg_catalog.simple', shopwright.plain_name(title))) where not withdrawn;
create index brand_by_words on shopwright.product_fact
    using gin (to_tsvector('pg_catalog.simple', shopwright.plain_name(words))) where name = 'brand';

create policy search_reads on shopwright.product for select to shopwright_search using (true);
create policy search_reads on shopwright.product_fact for select to shopwright_search using (true);
grant select on shopwright.product, shopwright.product_fact to shopwright_search;

reset role;

set local role shopwright_search;

-- Those of the stretches that stand, word for word, in the title of a product that is sold or in its brand. Runs as
-- shopwright_search, whose policy hides nothing: every part names the merchant that holder() has verified.
create function shopwright.names_of_goods(passport text, stretches text[])
returns table (stretch text, is_whole boolean)
language plpgsql stable security definer
set search_path = shopwright, public, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return query
    select asked.said, bool_or(named.is_all)
      from unnest(stretches) asked (said)
     cross join lateral (
           select plain_name(p.title) = plain_name(asked.said)
             from product p
            where p.merchant_id = merchant and not p.withdrawn
              and to_tsvector('pg_catalog.simple', plain_name(p.title))
                  @@ phraseto_tsquery('pg_catalog.simple', plain_name(asked.said))
           union
           select plain_name(f.words) = plain_name(asked.said)
             from product_fact f
             join product p on p.merchant_id = merchant and p.id = f.product_id and not p.withdrawn
            where f.merchant_id = merchant and f.name = 'brand'
              and to_tsvector('pg_catalog.simple', plain_name(f.words))
                  @@ phraseto_tsquery('pg_catalog.simple', plain_name(asked.said))) named (is_all)
     group by asked.said;
end
$$;
revoke all on function shopwright.names_of_goods(text, text[]) from public;
grant execute on function shopwright.names_of_goods(text, text[]) to shopwright_app;

reset role;
