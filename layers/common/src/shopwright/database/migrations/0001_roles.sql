-- The roles, the schema and the extensions that everything else stands on.
--
-- Written for a master user that is no superuser (Aurora's has CREATEROLE and rds_superuser): the only right that it
-- needs beyond CREATEROLE and CREATE on the database is `create extension vector`, which rds_superuser has. That last
-- part was checked with a CREATEROLE, NOSUPERUSER master on PostgreSQL 18 where the extension existed already; it
-- could not be checked on Aurora itself.

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_owner') then
        create role shopwright_owner nologin nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_search') then
        create role shopwright_search nologin nocreatedb nocreaterole;
    end if;
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_app') then
        create role shopwright_app login nocreatedb nocreaterole;
    end if;
    -- From version 16 on, whoever creates a role may administer it but not act as it: that is a grant of its own.
    execute format('grant shopwright_owner, shopwright_search to %I with inherit false, set true', current_user);
    execute format('grant create, connect on database %I to shopwright_owner', current_database());
    execute format('grant connect on database %I to shopwright_app', current_database());
end
$$;

create extension if not exists vector with schema public;
create extension if not exists btree_gin with schema public;

-- `shopwright` is what the functions use. `shopwright_private` holds the key that passports are checked with.
create schema shopwright authorization shopwright_owner;
create schema shopwright_private authorization shopwright_owner;

set local role shopwright_owner;
grant usage on schema shopwright to shopwright_app, shopwright_search;
reset role;
