-- What is done once an order is paid: who has acted on which event, and what was sold, day by day. Orders stay the source
-- of everything: these counts can be made again from them, and are small enough to be looked through for every merchant.

set local role shopwright_owner;

-- Who has acted on what was told. It changes in the transaction of what they did, so that an event that comes twice is
-- acted on once.
alter table shopwright.outbox add column taken_by text[] not null default '{}';

create table shopwright.sales_day (
    merchant_id    text not null,
    day            date not null,                             -- UTC, of the payment or of the refund
    currency       text not null check (currency ~ '^[A-Z]{3}$'),
    orders         bigint not null default 0 check (orders >= 0),
    total_minor    bigint not null default 0 check (total_minor >= 0),
    refunds        bigint not null default 0 check (refunds >= 0),
    refunded_minor bigint not null default 0 check (refunded_minor >= 0),
    primary key (merchant_id, day, currency)
);

create table shopwright.sales_article (
    merchant_id text not null,
    day         date not null,
    product_id  text not null,
    sku         text not null,
    orders      bigint not null default 0 check (orders >= 0),
    units       bigint not null default 0 check (units >= 0),
    refunded    bigint not null default 0 check (refunded >= 0),
    primary key (merchant_id, day, product_id, sku)
);

do $$
declare
    item regclass;
begin
    foreach item in array array['shopwright.sales_day', 'shopwright.sales_article']::regclass[]
    loop
        execute format('alter table %s enable row level security', item);
        execute format('alter table %s force row level security', item);
        execute format('create policy own_rows on %s
                        using (merchant_id = (select shopwright.tenant()))
                        with check (merchant_id = (select shopwright.tenant()))', item);
        execute format('create policy statistics_reads on %s for select to shopwright_statistics using (true)', item);
        execute format('grant select, insert, update on %s to shopwright_app', item);
        execute format('grant select on %s to shopwright_statistics', item);
    end loop;
end
$$;

create policy statistics_reads on shopwright.product for select to shopwright_statistics using (true);
grant select (merchant_id, id, title, withdrawn) on shopwright.product to shopwright_statistics;
reset role;

set local role shopwright_statistics;

-- The last thirty days, as of the last refresh.
create materialized view shopwright_views.sales as
select merchant_id, currency, sum(orders)::bigint as orders, sum(total_minor)::bigint as total_minor,
       sum(refunds)::bigint as refunds, sum(refunded_minor)::bigint as refunded_minor
  from shopwright.sales_day
 where day > (now() at time zone 'UTC')::date - 30 and left(merchant_id, 1) <> '.'
 group by merchant_id, currency;
create unique index on shopwright_views.sales (merchant_id, currency);

-- What is sold now, by how many of it were bought and kept.
create materialized view shopwright_views.popular as
select a.merchant_id, a.product_id, p.title, sum(a.orders)::bigint as orders,
       sum(a.units - a.refunded)::bigint as units
  from shopwright.sales_article a
  join shopwright.product p on p.merchant_id = a.merchant_id and p.id = a.product_id and not p.withdrawn
 where a.day > (now() at time zone 'UTC')::date - 30 and left(a.merchant_id, 1) <> '.'
 group by a.merchant_id, a.product_id, p.title
having sum(a.units - a.refunded) > 0;
create unique index on shopwright_views.popular (merchant_id, product_id);

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
    refresh materialized view concurrently shopwright_views.sales;
    refresh materialized view concurrently shopwright_views.popular;
    insert into shopwright_views.refreshed as known (view, at) values ('documents', transaction_timestamp())
        on conflict (view) do update set at = excluded.at
    returning known.at into counted;
    return counted;
end
$$;

create function shopwright.sales(passport text)
returns table (currency text, orders bigint, total_minor bigint, refunds bigint, refunded_minor bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return query
        select v.currency, v.orders, v.total_minor, v.refunds, v.refunded_minor
          from shopwright_views.sales v
         where v.merchant_id = merchant
         order by v.currency;
end
$$;

create function shopwright.popular(passport text, at_most integer)
returns table (product_id text, title text, orders bigint, units bigint)
language plpgsql stable security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return query
        select v.product_id, v.title, v.orders, v.units
          from shopwright_views.popular v
         where v.merchant_id = merchant
         order by v.units desc, v.orders desc, v.product_id
         limit at_most;
end
$$;

revoke all on function shopwright.sales(text), shopwright.popular(text, integer) from public;
grant execute on function shopwright.sales(text), shopwright.popular(text, integer) to shopwright_app;
reset role;
