set local role shopwright_search;
drop function shopwright.search_hybrid(
    text, text, text, public.halfvec, text, double precision, integer, text[], text[], text[]);
reset role;

set local role shopwright_owner;

-- Loads the extension's library: without it `hnsw.…` is an unknown setting, which only a superuser may put on a function.
do $$ begin perform '[1]'::public.halfvec(1); end $$;
drop function shopwright.question_words(text);
create or replace function shopwright.passage_words(section text[], content text) returns tsvector
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select setweight(to_tsvector('english', coalesce((select string_agg(s, ' ') from unnest(section) s), '')), 'A')
           || setweight(to_tsvector('english', content), 'B')
$$;

drop function shopwright.codes(text);
drop function shopwright.plain_words(text);

alter table shopwright.chunk alter column tsv set storage extended;
alter table shopwright.chunk no force row level security;
update shopwright.chunk set content = content;
alter table shopwright.chunk force row level security;

-- Any of a question's words: its first 32 lexemes joined by OR; NULL when it has none.
create function shopwright.any_word(question text) returns tsquery
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select string_agg('''' || replace(replace(word.lexeme, '\', '\\'), '''', '''''') || '''', ' | ')::tsquery
      from (select lexeme from unnest(to_tsvector('english', question)) order by positions[1] limit 32) word
$$;

revoke all on function shopwright.any_word(text) from public;
grant execute on function shopwright.any_word(text) to shopwright_app, shopwright_search;
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
