-- Which kind of index stands over a model's vectors is one word of data: embedding_model.index_kind. tend-indexes makes
-- the partitions' indexes match it, without blocking a reader.

set local role shopwright_owner;

-- The holder of a passport, as before, and 40 times as fast: a regular expression that captures what it bounds
-- (`{1,32}`) took nearly a millisecond, and a search asks once for each table that it reads. So one without captures
-- says which characters stand where, and the parts' lengths are looked at apart.
create or replace function shopwright.holder(passport text) returns text
language plpgsql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    part text[] := string_to_array(passport, '.');
    pads record;
begin
    if passport is null
       or passport !~ '^[A-Za-z0-9_-]+\.[a-z0-9][a-z0-9-]+[a-z0-9]\.[0-9]+\.[0-9a-f]+$'
       or length(part[1]) > 32 or length(part[2]) > 40 or length(part[3]) > 12 or length(part[4]) <> 64
       or part[3]::bigint <= extract(epoch from statement_timestamp()) then
        return null;
    end if;
    select k.inner_pad, k.outer_pad into pads from shopwright_private.tenant_key k where k.kid = part[1];
    if found
       and sha256(decode(part[4], 'hex'))
           = sha256(sha256(pads.outer_pad || sha256(
                 pads.inner_pad || convert_to(part[1] || '.' || part[2] || '.' || part[3], 'UTF8')
             ))) then
        return part[2];
    end if;
    return null;
end
$$;

alter table shopwright.embedding_model
    add column index_kind text not null default 'hnsw' check (index_kind in ('hnsw', 'ivfflat')),
    add column ef_search integer not null default 60 check (ef_search between 1 and 1000),   -- hnsw
    add column probes integer not null default 10 check (probes between 1 and 100);          -- ivfflat, of 100 lists

-- The table of a model's vectors, as before; besides, how its indexes are to be searched, until the statement ends.
-- Both kinds are set: while one is being built in place of the other, either may be used.
create or replace function shopwright.vectors_of(merchant text, model text, weights text) returns regclass
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    known record;
begin
    select format('shopwright.%I', m.relation)::regclass as relation, m.ef_search::text, m.probes::text
      into known
      from shopwright.embedding_model m
     where m.name = model
       and m.sha256 = weights
       and not exists (select from shopwright.serving_model s where s.merchant_id = merchant and s.model <> m.name);
    if not found then
        raise exception 'model does not serve' using errcode = 'SW002';
    end if;
    perform set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', known.ef_search, true),
            set_config('ivfflat.iterative_scan', 'relaxed_order', true), set_config('ivfflat.probes', known.probes, true);
    return known.relation;
end
$$;

-- The nearest passages by vector alone, with their content, under row-level security.
create function shopwright.search_passages(passport text, model text, weights text, q public.halfvec, k integer)
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

revoke all on function shopwright.search_passages(text, text, text, public.halfvec, integer) from public;
grant execute on function shopwright.search_passages(text, text, text, public.halfvec, integer) to shopwright_app;

reset role;
