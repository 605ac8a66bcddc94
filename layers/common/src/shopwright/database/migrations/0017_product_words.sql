-- Which products' passages hold the words that a shopper looks for: all of them are counted, so that whoever tells the
-- cheapest of them has seen them all, which the nearest few by meaning are not.

set local role shopwright_owner;
create policy search_reads on shopwright.product_passage for select to shopwright_search using (true);
grant select on shopwright.product_passage to shopwright_search;
reset role;

set local role shopwright_search;

-- `held` is the share of the words that a passage holds, 0 to 1. Runs as shopwright_search, whose policy hides nothing:
-- every part names the merchant that holder() has verified.
create function shopwright.product_passages(passport text, question text, k integer)
returns table (
    chunk_id uuid, document_id text, version integer, title text, section_path text[], span int4range,
    source_key text, content text, held double precision)
language plpgsql stable security definer
set search_path = shopwright, public, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
    words tsquery[] := coalesce(shopwright.question_words(question), '{}');
    anyone tsquery;
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    select string_agg(word::text, ' | ')::tsquery into anyone from unnest(words) word;
    return query
    with hit as materialized (
        select c.id, (select count(*) from unnest(words) word where c.tsv @@ word)::float8 / cardinality(words) as share
          from chunk c
         where c.merchant_id = merchant and c.tsv @@ anyone
           and exists (select from product_passage l where l.merchant_id = merchant and l.chunk_id = c.id)),
    best as (
        select h.id, h.share from hit h order by h.share desc, h.id limit k)
    select c.id, c.document_id, c.version, d.title, c.section, c.span, d.source_key, c.content, b.share
      from best b
      join chunk c on c.merchant_id = merchant and c.id = b.id
      join document d on d.merchant_id = merchant and d.id = c.document_id
     order by b.share desc, c.id;
end
$$;
revoke all on function shopwright.product_passages(text, text, integer) from public;
grant execute on function shopwright.product_passages(text, text, integer) to shopwright_app;
reset role;

set local role shopwright_owner;

-- The passage that tells of a product that is sold: of the whole of it, or else of its first variant.
create function shopwright.passage_of_product(passport text, of_product text)
returns table (
    chunk_id uuid, document_id text, version integer, title text, section_path text[], span int4range,
    source_key text, content text)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    select c.id, c.document_id, c.version, d.title, c.section, c.span, d.source_key, c.content
      from product p
      join product_passage l on l.merchant_id = merchant and l.product_id = p.id
      join chunk c on c.merchant_id = merchant and c.id = l.chunk_id
      join document d on d.merchant_id = merchant and d.id = c.document_id
     where p.merchant_id = merchant and p.id = of_product and not p.withdrawn
     order by l.sku, c.id
     limit 1;
end
$$;
-- A product has few passages among a shop's many.
create index passage_of_product on shopwright.product_passage (merchant_id, product_id);
revoke all on function shopwright.passage_of_product(text, text) from public;
grant execute on function shopwright.passage_of_product(text, text) to shopwright_app;
reset role;
