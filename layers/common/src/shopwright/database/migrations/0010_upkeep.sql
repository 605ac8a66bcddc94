-- Who keeps the indexes, and what is remembered about them between two rounds.

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_upkeep') then
        create role shopwright_upkeep login nocreatedb nocreaterole;
    end if;
    execute format('grant connect on database %I to shopwright_upkeep', current_database());
end
$$;

-- VACUUM, REINDEX and CREATE INDEX CONCURRENTLY run in no function and in no transaction, and belong to a table's owner
-- (the MAINTAIN privilege of PostgreSQL 17 would not create an index). So this login may act as the owner, and as the
-- role that reads vectors for samples of recall; it inherits neither: without `set role` it can do nothing.
grant shopwright_owner, shopwright_search to shopwright_upkeep with inherit false, set true;

set local role shopwright_owner;
create table shopwright_private.index_build (
    relation   name primary key,             -- a partition of vectors
    index      name not null,
    kind       text not null,
    rows       bigint not null,              -- of the partition when the index was built or first met
    changed    bigint not null,              -- its updates and deletions until then, as the server counts them
    recall     double precision,             -- of the last sample
    tended_at  timestamptz not null default clock_timestamp()
);
reset role;
