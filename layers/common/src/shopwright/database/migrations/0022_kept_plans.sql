-- The same searches, planned anew only where the merchant's size decides. Planning took a third of a search's time.
--
-- The statement that looks for the nearest vectors must be planned each time: over few passages an exact search is
-- right, over many the index is. It reads one table and is planned in no time. What fetches the passages found has one
-- right plan, by their keys: it is planned once a connection (force_generic_plan) and reads only the one partition that
-- is the merchant's. Statements of EXECUTE are never kept, so that the setting does not touch them.

set local role shopwright_owner;
-- Loads the extension's library, as in 0007.
do $$ begin perform '[1]'::public.halfvec(1); end $$;

create or replace function shopwright.search_passages(
    passport text, model text, weights text, q public.halfvec, k integer)
returns table (
    chunk_id uuid, document_id text, version integer, title text, section_path text[], span int4range,
    source_key text, content text, similarity double precision)
language plpgsql volatile
set search_path = shopwright, public, pg_temp
set plan_cache_mode = 'force_generic_plan'
as $$
declare
    merchant text := shopwright.admit(passport);
    near uuid[];
    distances float8[];
begin
    execute format(
        'select array_agg(n.id), array_agg(n.distance)
           from (select v.id, v.e <=> $2 as distance from %s v where v.merchant_id = $1 order by v.e <=> $2 limit $3) n',
        shopwright.vectors_of(merchant, model, weights)) into near, distances using merchant, q, k;
    return query
    select c.id, c.document_id, c.version, d.title, c.section, c.span, d.source_key, c.content, 1 - n.distance
      from unnest(near, distances) as n (id, distance)
      join chunk c on c.merchant_id = merchant and c.id = n.id
      join document d on d.merchant_id = merchant and d.id = c.document_id
     order by n.distance, n.id;
end
$$;
reset role;

set local role shopwright_search;

-- Vector and full text, fused as in 0007: score = cosine + word_weight x lexical, and what lexical is stays what it was.
-- Three statements look for passages: the nearest, those with the most telling words, and how far the latter are from
-- the question; one that is kept weighs them and fetches the best.
create or replace function shopwright.search_hybrid(
    passport text, model text, weights text, q public.halfvec, question text, word_weight double precision, k integer,
    documents text[], media_types text[], section text[])
returns table (
    chunk_id uuid, document_id text, version integer, title text, section_path text[], span int4range,
    source_key text, content text, similarity double precision, lexical double precision, score double precision)
language plpgsql stable security definer
set search_path = shopwright, public, pg_temp
set hnsw.iterative_scan = 'relaxed_order'
set hnsw.ef_search = '60'
set plan_cache_mode = 'force_generic_plan'
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.holder(passport);
    vectors regclass;
    words tsquery[] := shopwright.question_words(question);
    anyone tsquery;
    only_those text := '';
    held text; rarities text; roughly text;
    near uuid[]; near_distances float8[];
    worded uuid[]; rarity float8[];   -- a word's weight, in the order of `words`
    far uuid[]; far_distances float8[];
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    vectors := shopwright.vectors_of(merchant, model, weights);
    if coalesce(documents, media_types, section) is not null then
        only_those := format(
            'and exists (select from chunk o join document d on d.merchant_id = $1 and d.id = o.document_id
                          where o.merchant_id = $1 and o.id = %%s.id
                            and ($3 is null or o.document_id = any ($3))
                            and ($4 is null or d.media_type = any ($4))
                            and ($5 is null or o.section[1:cardinality($5)] = $5))');
    end if;
    execute format(
        'select array_agg(n.id), array_agg(n.distance)
           from (select v.id, v.e <=> $2 as distance from %s v where v.merchant_id = $1 %s
                  order by v.e <=> $2 limit 50) n',
        vectors, format(only_those, 'v'))
       into near, near_distances
      using merchant, q, documents, media_types, section;
    if words is not null then
        -- One column a word; the statement's text depends on how many there are and on nothing else.
        select string_agg(word::text, ' | ')::tsquery,
               string_agg(format('(c.tsv @@ $2[%1$s])::int4 as h%1$s', n), ', '),
               string_agg(format('ln(1 + (count(*) - sum(h%1$s) + s.others + 0.5::float8)
                                         / (sum(h%1$s) + 0.5::float8))', n), ', '),
               string_agg(format('w[%1$s] * h%1$s', n), ' + ')
          into anyone, held, rarities, roughly
          from unnest(words) with ordinality as asked (word, n);
        execute format(
            'with hit as materialized (
                 select c.id, length(c.tsv) as words, %1$s from chunk c where c.merchant_id = $1 and c.tsv @@ $6),
             shop as (
                 select greatest(sum(d.chunks) - (select count(*) from hit), 0)::float8 as others
                   from document d where d.merchant_id = $1),
             rarity as materialized (
                 select array[%2$s] as w from hit, shop s group by s.others)
             select array_agg(b.id), max(b.w)
               from (select h.id, w from hit h, rarity where true %4$s
                      order by (%3$s) / (1 + h.words / 90::float8) desc, h.id
                      limit 50) b',
            held, rarities, roughly, format(only_those, 'h'))
           into worded, rarity
          using merchant, words, documents, media_types, section, anyone;
        far := array(select unnest(worded) except select unnest(near));
        if cardinality(far) > 0 then
            execute format(
                'select array_agg(v.id), array_agg(v.e <=> $2) from %s v where v.merchant_id = $1 and v.id = any ($3)',
                vectors)
               into far, far_distances
              using merchant, q, far;
        end if;
    end if;
    return query
    select b.id, b.document_id, b.version, d.title, b.section, b.span, d.source_key, b.content,
           b.similarity, b.lexical, b.score
      from (select c.id, c.document_id, c.version, c.section, c.span, c.content, 1 - f.distance as similarity,
                   said.lexical, 1 - f.distance + word_weight * coalesce(said.lexical, 0) as score
              from unnest(near || far, near_distances || far_distances) as f (id, distance)
              join chunk c on c.merchant_id = merchant and c.id = f.id
              cross join lateral (
                  select sum(a.weight * ts_rank('{1, 1, 0.7, 1}'::real[], c.tsv, a.word))  -- a code, nothing, content, title
                         / (sum(a.weight) * (1 + length(c.tsv) / 90::float8)) as lexical
                    from unnest(rarity, words) as a (weight, word)
                   where c.tsv @@ anyone) said
             order by score desc, c.id
             limit k) b
      join document d on d.merchant_id = merchant and d.id = b.document_id
     order by b.score desc, b.id;
end
$$;
reset role;
