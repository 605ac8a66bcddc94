-- A second embedding model beside the one that serves, for as long as the passages are being embedded anew.

set local role shopwright_owner;

alter table shopwright.serving_model
    add column previous    text references shopwright.embedding_model (name),   -- who served before: the way back
    add column switched_at timestamptz;

-- Make known a model that this version of the product ships, and give it a table of vectors of its own, as that of the
-- first one is (0003). A model that is known already changes nothing; other weights under a known name are refused
-- (SW003). Run by the migrations' user: nobody else may.
create function shopwright.add_embedding_model(model text, weights text, width integer) returns name
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    known   shopwright.embedding_model;
    vectors name := left('chunk_embedding_' || regexp_replace(lower(model), '[^a-z0-9]+', '_', 'g'), 50);
    item    text;
begin
    select * into known from shopwright.embedding_model m where m.name = model;
    if found then
        if known.sha256 <> weights or known.dimensions <> width then
            raise exception 'model % is known with other weights', model using errcode = 'SW003';
        end if;
        return known.relation;
    end if;
    execute format('create table shopwright.%I (
                        merchant_id text not null,
                        id          uuid not null,
                        e           public.halfvec(%s) not null,
                        primary key (merchant_id, id),
                        foreign key (merchant_id, id) references shopwright.chunk (merchant_id, id) on delete cascade
                    ) partition by hash (merchant_id)', vectors, width);
    for n in 0..15 loop
        item := vectors || '_p' || to_char(n, 'FM00');
        execute format('create table shopwright.%I partition of shopwright.%I for values with (modulus 16, remainder %s)',
                       item, vectors, n);
        execute format('alter table shopwright.%I alter e set storage plain', item);
        execute format('alter table shopwright.%I enable row level security', item);
        execute format('alter table shopwright.%I force row level security', item);
    end loop;
    execute format('create index %I on shopwright.%I using hnsw (e public.halfvec_cosine_ops)', vectors || '_near', vectors);
    execute format('alter table shopwright.%I enable row level security', vectors);
    execute format('alter table shopwright.%I force row level security', vectors);
    execute format('create policy own_rows on shopwright.%I
                        using (merchant_id = (select shopwright.tenant()))
                        with check (merchant_id = (select shopwright.tenant()))', vectors);
    execute format('create policy search_reads on shopwright.%I for select to shopwright_search using (true)', vectors);
    execute format('grant select, insert, update, delete on shopwright.%I to shopwright_app', vectors);
    execute format('grant select on shopwright.%I to shopwright_search', vectors);
    insert into shopwright.embedding_model (name, sha256, dimensions, relation) values (model, weights, width, vectors);
    return vectors;
end
$$;

-- The model that answers the passport's merchant: one round trip, to the writer or to a reader. No row before the first
-- document.
create function shopwright.serving_model_of(passport text)
returns table (name text, dimensions integer, sha256 text)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    select m.name, m.dimensions, m.sha256
      from serving_model s
      join embedding_model m on m.name = s.model
     where s.merchant_id = merchant;
end
$$;

revoke all on function
    shopwright.add_embedding_model(text, text, integer), shopwright.serving_model_of(text) from public;
grant execute on function shopwright.serving_model_of(text) to shopwright_app;

reset role;
