set local role shopwright_owner;
do $$ begin perform '[1]'::public.halfvec(1); end $$;

create or replace function shopwright.search_passages(passport text, model text, weights text, q public.halfvec, k integer)
returns table (
    chunk_id uuid, document_id text, version integer, title text, section_path text[], span int4range,
    source_key text, content text, similarity double precision)
language plpgsql volatile
set search_path = shopwright, public, pg_temp
as $$
declare
    merchant text := shopwright.admit(passport);
begin
    return query execute format(
        'with near as materialized (
             select v.id, v.e <=> $2 as distance from %s v where v.merchant_id = $1 order by v.e <=> $2 limit $3)
         select c.id, c.document_id, c.version, d.title, c.section, c.span, d.source_key, c.content, 1 - n.distance
           from near n
           join chunk c on c.merchant_id = $1 and c.id = n.id
           join document d on d.merchant_id = $1 and d.id = c.document_id
          order by n.distance, n.id',
        shopwright.vectors_of(merchant, model, weights)) using merchant, q, k;
end
$$;
reset role;

set local role shopwright_search;

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
as $$
declare
    merchant text := shopwright.holder(passport);
    words tsquery[] := coalesce(shopwright.question_words(question), array[null::tsquery]);
    anyone tsquery;
    only_those text := '';
    held text; rarities text; wanted text; roughly text; gained text;
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    -- One column a word; the statement's text depends on how many there are and on nothing else.
    select string_agg(word::text, ' | ')::tsquery,
           string_agg(format('(c.tsv @@ $3[%1$s])::int4 as h%1$s', n), ', '),
           string_agg(format('ln(1 + (count(*) - sum(h%1$s) + s.others + 0.5::float8)
                                     / (sum(h%1$s) + 0.5::float8)) as w%1$s', n), ', '),
           string_agg(format('w%s', n), ' + '),
           string_agg(format('w%1$s * h%1$s', n), ' + '),
           string_agg(format('w%1$s * ts_rank($9, c.tsv, $3[%1$s])', n), ' + ')
      into anyone, held, rarities, wanted, roughly, gained
      from unnest(words) with ordinality as asked (word, n);
    if coalesce(documents, media_types, section) is not null then
        only_those := format(
            'and exists (select from chunk o join document d on d.merchant_id = $1 and d.id = o.document_id
                          where o.merchant_id = $1 and o.id = %%s.id
                            and ($6 is null or o.document_id = any ($6))
                            and ($7 is null or d.media_type = any ($7))
                            and ($8 is null or o.section[1:cardinality($8)] = $8))');
    end if;
    return query execute format(
        'with near as materialized (
             select v.id from %1$s v where v.merchant_id = $1 %7$s order by v.e <=> $2 limit 50),
         hit as materialized (
             select c.id, length(c.tsv) as words, %2$s from chunk c where c.merchant_id = $1 and c.tsv @@ $10),
         shop as (
             select greatest(sum(d.chunks) - (select count(*) from hit), 0)::float8 as others
               from document d where d.merchant_id = $1),
         counted as (
             select %3$s from hit, shop s group by s.others),
         rarity as materialized (
             select *, %4$s as wanted from counted),
         worded as (
             select h.id from hit h, rarity where true %8$s
              order by (%5$s) / (1 + h.words / 90::float8) desc, h.id
              limit 50),
         found as (
             select c.*, 1 - (v.e <=> $2) as similarity,
                    case when c.tsv @@ $10 then (%6$s) / (wanted * (1 + length(c.tsv) / 90::float8)) end as lexical
               from (select id from near union select id from worded) f
               join %1$s v on v.merchant_id = $1 and v.id = f.id
               join chunk c on c.merchant_id = $1 and c.id = f.id
               left join rarity on true),
         best as (
             select *, f.similarity + $4 * coalesce(f.lexical, 0) as score from found f order by score desc, id limit $5)
         select b.id, b.document_id, b.version, d.title, b.section, b.span, d.source_key, b.content,
                b.similarity, b.lexical, b.score
           from best b
           join document d on d.merchant_id = $1 and d.id = b.document_id
          order by b.score desc, b.id',
        shopwright.vectors_of(merchant, model, weights), held, rarities, wanted, roughly, gained,
        format(only_those, 'v'), format(only_those, 'h'))
    using merchant, q, words, word_weight, k, documents, media_types, section,
          '{1, 1, 0.7, 1}'::real[],  -- of a code, of nothing that we write, of the content, of a title
          anyone;
end
$$;
reset role;
