set local role shopwright_statistics;
drop function shopwright.popular(text, integer);
drop function shopwright.sales(text);
create or replace function shopwright.refresh_views() returns timestamptz
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
drop materialized view shopwright_views.popular;
drop materialized view shopwright_views.sales;
reset role;
set local role shopwright_owner;
revoke all on shopwright.product from shopwright_statistics;
drop policy statistics_reads on shopwright.product;
drop table shopwright.sales_article;
drop table shopwright.sales_day;
alter table shopwright.outbox drop column taken_by;
reset role;
