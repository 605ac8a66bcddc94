-- What merchants told us: documents, their passages, and which embedding models there are.

set local role shopwright_owner;

-- S3 sequencers are hexadecimal, compare only within one key, and may differ in length: the shorter is padded on the
-- right with zeros.
create function shopwright.sequencer_rank(sequencer text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$ select rpad(upper(sequencer), 64, '0') collate "C" $$;

create table shopwright.document (
    merchant_id    text not null,
    id             text not null,
    source_key     text not null,
    title          text not null,
    media_type     text not null,
    status         text not null check (status in
                       ('received', 'parsed', 'masked', 'embedded', 'searchable', 'quarantined', 'failed', 'deleted')),
    reason         text,
    sequencer      text not null check (sequencer ~ '^[0-9A-Fa-f]{1,64}$'),   -- of the newest event that we know
    applied        text,                      -- sequencer of the content that is searchable now
    content_sha256 text,                      -- of that content
    pipeline       text,                      -- and of the rules that it was cut, masked and embedded by
    version        integer not null default 0,   -- grows with every content that became searchable
    chunks         integer not null default 0,
    masked         integer not null default 0,   -- personal data that were masked in it
    bytes          bigint not null default 0,
    received_at    timestamptz not null default now(),
    updated_at     timestamptz not null default now(),
    primary key (merchant_id, id)
);
create index document_by_time on shopwright.document (merchant_id, updated_at desc, id);

-- The section's titles weigh more than the words below them. array_to_string is not immutable, so that this is a
-- function of ours and not an expression of the generated column.
-- One configuration, `english`: with `simple` beside it, stop words such as "do" and "you" would be lexemes, and a
-- question whose words are joined by OR would match nearly every passage of the shop.
create function shopwright.passage_words(section text[], content text) returns tsvector
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select setweight(to_tsvector('english', coalesce((select string_agg(s, ' ') from unnest(section) s), '')), 'A')
           || setweight(to_tsvector('english', content), 'B')
$$;

create table shopwright.chunk (
    merchant_id text not null,
    id          uuid not null,                -- from the document's id, the section, the content, the occurrence
    document_id text not null,
    version     integer not null,
    ordinal     integer not null,
    section     text[] not null,
    span        int4range not null,           -- characters of the decoded source text
    content     text not null,                -- masked
    tsv         tsvector not null generated always as (shopwright.passage_words(section, content)) stored,
    primary key (merchant_id, id),
    foreign key (merchant_id, document_id) references shopwright.document (merchant_id, id) on delete cascade
) partition by hash (merchant_id);

-- A model is its name and the hash of its weights; each has a table of vectors of its own, so that no index and no
-- query ever mixes two.
create table shopwright.embedding_model (
    name       text primary key,
    sha256     text not null check (sha256 ~ '^[0-9a-f]{64}$'),
    dimensions integer not null,
    relation   name not null unique
);

create table shopwright.chunk_embedding_bge_small_en_v15 (
    merchant_id text not null,
    id          uuid not null,
    e           halfvec(384) not null,
    primary key (merchant_id, id),
    foreign key (merchant_id, id) references shopwright.chunk (merchant_id, id) on delete cascade
) partition by hash (merchant_id);

insert into shopwright.embedding_model (name, sha256, dimensions, relation) values
    ('bge-small-en-v1.5', '68807e3ff2abb83cdd708d8243fd398246e397bfee2ba611c2bad728e27df743', 384,
     'chunk_embedding_bge_small_en_v15');

-- Which model answers a merchant's questions.
create table shopwright.serving_model (
    merchant_id text primary key,
    model       text not null references shopwright.embedding_model (name)
);

do $$
begin
    for n in 0..15 loop
        execute format('create table shopwright.chunk_p%s partition of shopwright.chunk
                        for values with (modulus 16, remainder %s)', to_char(n, 'FM00'), n);
        execute format('create table shopwright.chunk_embedding_bge_small_en_v15_p%s
                        partition of shopwright.chunk_embedding_bge_small_en_v15
                        for values with (modulus 16, remainder %s)', to_char(n, 'FM00'), n);
        -- Out of TOAST: an exact search reads every vector of a small merchant.
        execute format('alter table shopwright.chunk_embedding_bge_small_en_v15_p%s alter e set storage plain',
                       to_char(n, 'FM00'));
    end loop;
end
$$;

create index chunk_of_document on shopwright.chunk (merchant_id, document_id, ordinal);
create index chunk_words on shopwright.chunk using gin (merchant_id, tsv);
create index chunk_embedding_bge_small_en_v15_near
    on shopwright.chunk_embedding_bge_small_en_v15 using hnsw (e halfvec_cosine_ops);

-- Every table of tenants and every partition: security enabled and forced. Partitions get no policy and no grant, so
-- that one that is named directly shows nothing, to its owner neither.
do $$
declare
    item regclass;
begin
    for item in
        select c.oid
          from pg_catalog.pg_class c
          join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attname = 'merchant_id'
         where c.relnamespace = 'shopwright'::regnamespace and c.relkind in ('r', 'p')
    loop
        execute format('alter table %s enable row level security', item);
        execute format('alter table %s force row level security', item);
    end loop;
    foreach item in array array['shopwright.document', 'shopwright.chunk',
                                'shopwright.chunk_embedding_bge_small_en_v15',
                                'shopwright.serving_model']::regclass[]
    loop
        execute format('create policy own_rows on %s
                        using (merchant_id = (select shopwright.tenant()))
                        with check (merchant_id = (select shopwright.tenant()))', item);
        execute format('grant select, insert, update, delete on %s to shopwright_app', item);
        -- `@@` is not leakproof, so that under a policy the full-text index is useless. The search functions run as
        -- this role, which nobody can log in as, and filter on the merchant that they have verified themselves.
        execute format('create policy search_reads on %s for select to shopwright_search using (true)', item);
        execute format('grant select on %s to shopwright_search', item);
    end loop;
end
$$;
grant select on shopwright.embedding_model to shopwright_app, shopwright_search;
grant execute on function shopwright.sequencer_rank(text), shopwright.passage_words(text[], text) to shopwright_app;

reset role;

-- The canary: a row of a merchant that cannot exist (no passport can name it), for the self-test of every connection.
-- Security is forced on the owner too, so that for this one row, in this transaction, it is not.
set local role shopwright_owner;
alter table shopwright.document no force row level security;
insert into shopwright.document (merchant_id, id, source_key, title, media_type, status, sequencer)
    values ('.canary', 'canary', '', '', '', 'received', '0');
alter table shopwright.document force row level security;
grant create on schema shopwright to shopwright_search;   -- a function's new owner must be able to create it there
reset role;

set local role shopwright_search;
create function shopwright.canary_planted() returns boolean
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$ select exists (select from shopwright.document where merchant_id = '.canary') $$;
revoke all on function shopwright.canary_planted() from public;
grant execute on function shopwright.canary_planted() to shopwright_app;
reset role;
