set local role shopwright_owner;
drop function shopwright.search_passages(text, text, text, public.halfvec, integer);

-- What tend-indexes may have put in place of the index that 0003 made; an HNSW index of a partition is taken up by it.
do $$
declare
    one regclass;
begin
    for one in
        select c.oid from pg_catalog.pg_class c join pg_catalog.pg_am a on a.oid = c.relam
         where c.relnamespace = 'shopwright'::regnamespace and a.amname = 'ivfflat' and c.relkind = 'i'
    loop
        execute format('drop index %s', one);
    end loop;
end
$$;
create index if not exists chunk_embedding_bge_small_en_v15_near
    on shopwright.chunk_embedding_bge_small_en_v15 using hnsw (e public.halfvec_cosine_ops);

-- As 0002 and 0004 have them.
create or replace function shopwright.holder(passport text) returns text
language sql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select part[2]
      from regexp_match(
               passport,
               '^([A-Za-z0-9_-]{1,32})\.([a-z0-9][a-z0-9-]{1,38}[a-z0-9])\.([0-9]{1,12})\.([0-9a-f]{64})$'
           ) as part
      join shopwright_private.tenant_key k on k.kid = part[1]
     where part[3]::bigint > extract(epoch from statement_timestamp())
       and sha256(decode(part[4], 'hex'))
           = sha256(sha256(k.outer_pad || sha256(
                 k.inner_pad || convert_to(part[1] || '.' || part[2] || '.' || part[3], 'UTF8')
             )))
$$;

create or replace function shopwright.vectors_of(merchant text, model text, weights text) returns regclass
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
alter table shopwright.embedding_model drop column index_kind, drop column ef_search, drop column probes;
reset role;
