-- Hybrid search whose text arm knows which words are rare, and which may be narrowed by a typed filter.

set local role shopwright_owner;

-- Loads the extension's library: without it `hnsw.…` is an unknown setting, which only a superuser may put on a function.
do $$ begin perform '[1]'::public.halfvec(1); end $$;

-- What the parser would not take apart, taken apart: it reads HDMI/DVI as a file's path and the 200 of DX-200 as minus
-- two hundred.
create function shopwright.plain_words(said text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$ select regexp_replace(said, '(?<=[[:alnum:]])(?:/|-(?=[0-9]))', ' ', 'g') $$;

-- Model codes and figures with their units, written together whichever way they are spelled: DX-200, "dx 200" and
-- dx200 are one lexeme, and so are "4 GB" and 4GB.
create function shopwright.codes(said text) returns tsvector
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select array_to_tsvector(coalesce(array_agg(distinct lower(part[1] || part[2])), '{}'))
      from (select regexp_matches(said, '\m([[:alpha:]]{1,10})[- ]?([0-9]{1,10}[[:alpha:]]{0,4})\M', 'g')
            union all
            select regexp_matches(said, '(?<![[:alnum:].,])([0-9]{1,6}(?:[.,][0-9]{1,3})?)[- ]?([[:alpha:]]{1,3})\M', 'g')
           ) as found (part)
$$;

-- The section's titles weigh more than the words below them. Codes have no place and no weight: they count in full.
create or replace function shopwright.passage_words(section text[], content text) returns tsvector
language sql immutable strict parallel safe
set search_path = pg_catalog, shopwright, pg_temp
as $$
    select setweight(to_tsvector('english', plain_words(titles)), 'A')
           || setweight(to_tsvector('english', plain_words(content)), 'B')
           || codes(titles || ' ' || content)
      from (select coalesce((select string_agg(s, ' ') from unnest(section) s), '')) as above (titles)
$$;

-- A question's words, each as a query of its own: the first 32, codes before all others.
create function shopwright.question_words(question text) returns tsquery[]
language sql immutable strict parallel safe
set search_path = pg_catalog, shopwright, pg_temp
as $$
    select array_agg(('''' || replace(replace(word.lexeme, '\', '\\'), '''', '''''') || '''')::tsquery)
      from (select lexeme
              from unnest(to_tsvector('english', plain_words(question)) || codes(question))
             order by positions[1] nulls first, lexeme
             limit 32) word
$$;

revoke all on function
    shopwright.plain_words(text), shopwright.codes(text), shopwright.question_words(text) from public;
grant execute on function shopwright.plain_words(text), shopwright.codes(text) to shopwright_app;
grant execute on function shopwright.plain_words(text), shopwright.codes(text), shopwright.question_words(text)
    to shopwright_search;

-- Ranking reads the words of every passage that shares one with the question: they stay in the row and uncompressed
-- while they fit, and the content, which is read for the best few alone, goes to the side instead.
alter table shopwright.chunk alter column tsv set storage main;
-- Passages that are there already get their words by the new rules. Security is forced on the owner too, so that for
-- this one statement it is not.
alter table shopwright.chunk no force row level security;
update shopwright.chunk set content = content;
alter table shopwright.chunk force row level security;
reset role;

set local role shopwright_search;

-- Vector and full text, fused: score = cosine + word_weight x lexical. Lexical is the share of the question that a
-- passage's words hold, 0 to 1: each word counts for its rarity among this merchant's passages (BM25's), saturates as
-- ts_rank has it, and counts less in a long passage; ts_rank alone knows no rarity. It takes long, so that it is asked
-- of the best few alone: those are chosen by which words they hold. The counts are taken from the very passages that the words' index finds
-- (every passage with a word is among them), so that there are no statistics to keep, to go stale or to leak.
--
-- Runs as shopwright_search, whose policy hides nothing: every part names the merchant that holder() has verified.
-- `documents`, `media_types` and `section` narrow the search when they are not null: to these documents, to these media
-- types, to passages below these titles. They are compared as values and never become text of the statement.
create function shopwright.search_hybrid(
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
revoke all on function shopwright.search_hybrid(
    text, text, text, public.halfvec, text, double precision, integer, text[], text[], text[]) from public;
grant execute on function shopwright.search_hybrid(
    text, text, text, public.halfvec, text, double precision, integer, text[], text[], text[]) to shopwright_app;

drop function shopwright.search_hybrid(text, text, text, public.halfvec, text, integer);
reset role;

set local role shopwright_owner;
drop function shopwright.any_word(text);
reset role;
