-- What a merchant's shop holds, counted now and then. A materialized view knows no row-level security: these lie in a
-- schema of their own that the app may not enter, and are read through one function that asks for a passport.

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_statistics') then
        create role shopwright_statistics nologin nocreatedb nocreaterole;
    end if;
    execute format('grant shopwright_statistics to %I with inherit false, set true', current_user);
    execute format('grant create on database %I to shopwright_owner', current_database());
end
$$;

set local role shopwright_owner;
create schema shopwright_views;
grant usage, create on schema shopwright_views to shopwright_statistics;
grant usage, create on schema shopwright to shopwright_statistics;   -- a function's owner must be able to create it
create policy statistics_reads on shopwright.document for select to shopwright_statistics using (true);
grant select on shopwright.document to shopwright_statistics;
grant execute on function shopwright.holder(text) to shopwright_statistics;
reset role;

set local role shopwright_statistics;

create materialized view shopwright_views.documents as
select merchant_id, media_type, status,
       count(*) as documents, sum(chunks)::bigint as passages, sum(masked)::bigint as masked, sum(bytes)::bigint as bytes,
       max(updated_at) as last_change
  from shopwright.document
 where status <> 'deleted' and left(merchant_id, 1) <> '.'
 group by merchant_id, media_type, status
  with no data;
create unique index on shopwright_views.documents (merchant_id, media_type, status);

create table shopwright_views.refreshed (
    view name primary key,
    at   timestamptz not null
);

-- Count again, without making a reader wait. One at a time; asked again within the second, it has just been done.
create function shopwright.refresh_views() returns timestamptz
language plpgsql volatile security definer
set search_path = pg_catalog, pg_temp
set statement_timeout = '4min'
as $$
declare
    counted timestamptz;
begin
    if not pg_try_advisory_xact_lock(5417233302) then
        return null;
    end if;
    select r.at into counted from shopwright_views.refreshed r where r.view = 'documents';
    if counted > clock_timestamp() - interval '1 second' then
        return counted;
    end if;
    if counted is null then
        refresh materialized view shopwright_views.documents;
    else
        refresh materialized view concurrently shopwright_views.documents;
    end if;
    insert into shopwright_views.refreshed as known (view, at) values ('documents', transaction_timestamp())
        on conflict (view) do update set at = excluded.at
    returning known.at into counted;
    return counted;
end
$$;

-- The passport's merchant's counts, and when they were made; no row before the first time.
create function shopwright.statistics(passport text)
returns table (
    media_type text, status text, documents bigint, passages bigint, masked bigint, bytes bigint,
    last_change timestamptz, counted_at timestamptz)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
    counted  timestamptz;
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    select r.at into counted from shopwright_views.refreshed r where r.view = 'documents';
    if counted is null then
        return;
    end if;
    return query
        select v.media_type, v.status, v.documents, v.passages, v.masked, v.bytes, v.last_change, counted
          from (values (1)) as once (row)
          left join shopwright_views.documents v on v.merchant_id = merchant
         order by v.media_type, v.status;
end
$$;

revoke all on function shopwright.refresh_views(), shopwright.statistics(text) from public;
grant execute on function shopwright.refresh_views(), shopwright.statistics(text) to shopwright_app;
reset role;
