-- Finding the passages that matter, in one round trip and for the passport's merchant alone.

set local role shopwright_owner;

-- Loads the extension's library: without it `hnsw.…` is an unknown setting, which only a superuser may put on a function.
do $$ begin perform '[1]'::public.halfvec(1); end $$;

-- The table that holds a model's vectors, for a merchant whom that very model serves. A model that we do not know, one
-- with other weights, and one that does not serve this merchant are refused (SW002).
create function shopwright.vectors_of(merchant text, model text, weights text) returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    found regclass;
begin
    select format('shopwright.%I', m.relation)::regclass
      into found
      from shopwright.embedding_model m
     where m.name = model
       and m.sha256 = weights
       and not exists (select from shopwright.serving_model s where s.merchant_id = merchant and s.model <> m.name);
    if found is null then
        raise exception 'model does not serve' using errcode = 'SW002';
    end if;
    return found;
end
$$;

-- Any of a question's words: its first 32 lexemes joined by OR; NULL when it has none.
create function shopwright.any_word(question text) returns tsquery
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select string_agg('''' || replace(replace(word.lexeme, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery
      from (select lexeme from unnest(to_tsvector('english', question)) order by positions[1] limit 32) word
$$;

-- The nearest passages by vector alone, under row-level security.
create function shopwright.search_vector(passport text, model text, weights text, q public.halfvec, k integer)
returns table (id uuid, similarity double precision)
language plpgsql volatile
set search_path = shopwright, public, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '60'
as $$
declare
    merchant text := shopwright.admit(passport);
begin
    -- EXECUTE plans for this merchant: an exact scan for a small one, the index for a big one.
    return query execute format(
        'with near as materialized (
             select v.id, v.e <=> $2 as distance from %s v where v.merchant_id = $1 order by v.e <=> $2 limit $3)
         select near.id, 1 - near.distance from near order by near.distance, near.id',
        shopwright.vectors_of(merchant, model, weights)) using merchant, q, k;
end
$$;

revoke all on function
    shopwright.vectors_of(text, text, text),
    shopwright.any_word(text),
    shopwright.search_vector(text, text, text, public.halfvec, integer) from public;
grant execute on function
    shopwright.vectors_of(text, text, text),
    shopwright.any_word(text),
    shopwright.search_vector(text, text, text, public.halfvec, integer) to shopwright_app, shopwright_search;
reset role;

set local role shopwright_search;

-- Vector and full text, fused by reciprocal rank. Runs as shopwright_search, whose policy hides nothing: every arm
-- therefore names the merchant that holder() has verified, and the join by (merchant_id, id) does so again.
create function shopwright.search_hybrid(
    passport text, model text, weights text, q public.halfvec, question text, k integer)
returns table (
    chunk_id uuid, document_id text, version integer, title text, section text[], span int4range,
    source_key text, content text, similarity double precision, lexical real, score double precision)
language plpgsql stable security definer
set search_path = shopwright, public, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '60'
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return query execute format(
        'with near as materialized (
             select v.id, v.e <=> $2 as distance from %1$s v where v.merchant_id = $1 order by v.e <=> $2 limit 50),
         by_vector as (
             select n.id, row_number() over (order by n.distance, n.id) as place from near n),
         worded as materialized (
             select c.id, ts_rank(c.tsv, $3, 1) as weight
               from chunk c
              where c.merchant_id = $1 and c.tsv @@ $3
              order by weight desc, c.id
              limit 50),
         by_word as (
             select w.id, w.weight, row_number() over (order by w.weight desc, w.id) as place from worded w),
         fused as (
             select coalesce(a.id, b.id) as id, b.weight,
                    (coalesce(1.0 / (60 + a.place), 0) + coalesce(1.0 / (60 + b.place), 0))::double precision as score
               from by_vector a
               full join by_word b on b.id = a.id
              order by score desc, id
              limit $4)
         select c.id, c.document_id, c.version, d.title, c.section, c.span, d.source_key, c.content,
                1 - (v.e <=> $2), f.weight, f.score
           from fused f
           join chunk c on c.merchant_id = $1 and c.id = f.id
           join document d on d.merchant_id = $1 and d.id = c.document_id
           join %1$s v on v.merchant_id = $1 and v.id = f.id
          order by f.score desc, f.id',
        shopwright.vectors_of(merchant, model, weights)) using merchant, q, shopwright.any_word(question), k;
end
$$;
revoke all on function shopwright.search_hybrid(text, text, text, public.halfvec, text, integer) from public;
grant execute on function shopwright.search_hybrid(text, text, text, public.halfvec, text, integer) to shopwright_app;

reset role;
