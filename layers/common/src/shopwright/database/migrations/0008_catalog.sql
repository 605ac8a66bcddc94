-- What merchants sell: products, their variants, facts with versions, stock, and which passage is whose.

set local role shopwright_owner;

-- What became of a document that is a product feed.
create table shopwright.feed (
    merchant_id   text not null,
    document_id   text not null,
    products      integer not null,
    withdrawn     integer not null,           -- by its newest version
    refused       jsonb not null,             -- the first rows that could not be read, each with its reason
    refused_count integer not null,
    primary key (merchant_id, document_id),
    foreign key (merchant_id, document_id) references shopwright.document (merchant_id, id) on delete cascade
);

-- Products and variants that a feed no longer names are withdrawn and stay: their facts' versions go on from where they
-- were, should they come back.
create table shopwright.product (
    merchant_id text not null,
    id          text not null,
    document_id text not null,                -- the feed that tells of it; a product outlives its feed
    title       text not null,
    withdrawn   boolean not null default false,
    changed_at  timestamptz not null default now(),
    primary key (merchant_id, id)
);
create index product_of_feed on shopwright.product (merchant_id, document_id);

create table shopwright.variant (
    merchant_id text not null,
    product_id  text not null,
    sku         text not null,
    ordinal     integer not null,
    title       text not null,
    withdrawn   boolean not null default false,
    primary key (merchant_id, product_id, sku),
    foreign key (merchant_id, product_id) references shopwright.product (merchant_id, id)
);

-- One value: an amount (of money in minor units, with its currency; or of a unit), or words. With neither it is not
-- known any more. A fact is the product's (sku = '') or one variant's, never both under one name.
create table shopwright.product_fact (
    merchant_id text not null,
    product_id  text not null,
    sku         text not null default '',
    name        text not null check (name <> ''),
    kind        text not null check (kind in ('money', 'quantity', 'flag', 'words')),
    amount      numeric,
    words       text,
    unit        text not null default '',
    version     bigint not null default 1 check (version > 0),
    changed_at  timestamptz not null default now(),
    primary key (merchant_id, product_id, sku, name),
    foreign key (merchant_id, product_id) references shopwright.product (merchant_id, id),
    check (amount is null or words is null),
    check (kind not in ('flag', 'words') or amount is null),
    check (kind not in ('money', 'quantity') or words is null),
    check (kind <> 'money' or (amount = trunc(amount) and unit ~ '^[A-Z]{3}$'))
);

-- A feed sets on_hand, and nothing else; a checkout sets held, and nothing else. A feed may count less than is held:
-- then there is nothing left to sell. NULL: nobody counts it.
create table shopwright.stock (
    merchant_id text not null,
    product_id  text not null,
    sku         text not null,
    on_hand     integer check (on_hand >= 0),
    held        integer not null default 0 check (held >= 0),
    version     bigint not null default 1 check (version > 0),
    changed_at  timestamptz not null default now(),
    primary key (merchant_id, product_id, sku),
    foreign key (merchant_id, product_id, sku) references shopwright.variant (merchant_id, product_id, sku)
);

create table shopwright.product_passage (
    merchant_id text not null,
    chunk_id    uuid not null,
    product_id  text not null,
    sku         text not null default '',     -- empty: the passage is of the product with all its variants
    primary key (merchant_id, chunk_id),
    foreign key (merchant_id, chunk_id) references shopwright.chunk (merchant_id, id) on delete cascade,
    foreign key (merchant_id, product_id) references shopwright.product (merchant_id, id)
);

-- Whoever changes a value: its version grows by one, and by nothing else.
create function shopwright.next_fact_version() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.kind, new.amount, new.words, new.unit) is distinct from (old.kind, old.amount, old.words, old.unit) then
        new.version := old.version + 1;
        new.changed_at := clock_timestamp();
    else
        new.version := old.version;
    end if;
    return new;
end
$$;
create trigger next_version before update on shopwright.product_fact
    for each row execute function shopwright.next_fact_version();

create function shopwright.next_stock_version() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.on_hand, new.held) is distinct from (old.on_hand, old.held) then
        new.version := old.version + 1;
        new.changed_at := clock_timestamp();
    else
        new.version := old.version;
    end if;
    return new;
end
$$;
create trigger next_version before update on shopwright.stock
    for each row execute function shopwright.next_stock_version();

do $$
declare
    item regclass;
begin
    foreach item in array array['shopwright.feed', 'shopwright.product', 'shopwright.variant', 'shopwright.product_fact',
                                'shopwright.stock', 'shopwright.product_passage']::regclass[]
    loop
        execute format('alter table %s enable row level security', item);
        execute format('alter table %s force row level security', item);
        execute format('create policy own_rows on %s
                        using (merchant_id = (select shopwright.tenant()))
                        with check (merchant_id = (select shopwright.tenant()))', item);
        execute format('grant select, insert, update, delete on %s to shopwright_app', item);
    end loop;
end
$$;

-- The facts of the products that these passages tell of, in one round trip and under row-level security. A passage that
-- is there and no product's comes back with nulls; one that is gone does not come back. Variants that differ are told
-- together: the lowest and the highest amount, or all their words in order. Versions are added up: the sum grows with
-- every change to any of them, as no row of them ever goes.
create function shopwright.facts_of(passport text, chunks uuid[])
returns table (
    chunk_id uuid, product_id text, sku text, name text, kind text, low numeric, high numeric, words text[], unit text,
    version bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    with passage as materialized (
        select c.id, p.product_id, p.sku
          from chunk c
          left join product_passage p on p.merchant_id = merchant and p.chunk_id = c.id
         where c.merchant_id = merchant and c.id = any (chunks))
    select passage.id, passage.product_id, passage.sku, null, null, null::numeric, null::numeric, null::text[], null,
           null::bigint
      from passage
    union all
    select passage.id, passage.product_id, passage.sku, f.name, min(f.kind), min(f.amount), max(f.amount),
           array_agg(f.words order by v.ordinal, f.sku) filter (where f.words is not null), min(f.unit),
           sum(f.version)::bigint
      from passage
      join product_fact f on f.merchant_id = merchant and f.product_id = passage.product_id
                         and (passage.sku = '' or f.sku in ('', passage.sku))
      left join variant v on v.merchant_id = merchant and v.product_id = f.product_id and v.sku = f.sku
     group by passage.id, passage.product_id, passage.sku, f.name
    having count(f.amount) + count(f.words) > 0
    union all
    select passage.id, passage.product_id, passage.sku, 'stock', 'quantity', sum(greatest(s.on_hand - s.held, 0)),
           sum(greatest(s.on_hand - s.held, 0)), null, '', sum(s.version)::bigint
      from passage
      join stock s on s.merchant_id = merchant and s.product_id = passage.product_id
                  and (passage.sku = '' or s.sku = passage.sku)
      join variant v on v.merchant_id = merchant and v.product_id = s.product_id and v.sku = s.sku
     group by passage.id, passage.product_id, passage.sku
    having bool_and(s.on_hand is not null or v.withdrawn);
end
$$;

-- The versions that facts have now, for whoever kept an answer: one round trip. A fact that never was does not come back.
create function shopwright.fact_versions(passport text, products text[], skus text[], names text[])
returns table (product_id text, sku text, name text, version bigint)
language plpgsql volatile
set search_path = shopwright, pg_temp
as $$
#variable_conflict use_column
declare
    merchant text := shopwright.admit(passport);
begin
    return query
    with asked as materialized (
        select distinct a.product_id, a.sku, a.name from unnest(products, skus, names) as a (product_id, sku, name))
    select a.product_id, a.sku, a.name, sum(f.version)::bigint
      from asked a
      join product_fact f on f.merchant_id = merchant and f.product_id = a.product_id and f.name = a.name
                         and (a.sku = '' or f.sku in ('', a.sku))
     where a.name <> 'stock'
     group by a.product_id, a.sku, a.name
    union all
    select a.product_id, a.sku, a.name, sum(s.version)::bigint
      from asked a
      join stock s on s.merchant_id = merchant and s.product_id = a.product_id and (a.sku = '' or s.sku = a.sku)
     where a.name = 'stock'
     group by a.product_id, a.sku, a.name;
end
$$;

revoke all on function
    shopwright.next_fact_version(),
    shopwright.next_stock_version(),
    shopwright.facts_of(text, uuid[]),
    shopwright.fact_versions(text, text[], text[], text[]) from public;
grant execute on function
    shopwright.facts_of(text, uuid[]),
    shopwright.fact_versions(text, text[], text[], text[]) to shopwright_app;

reset role;
