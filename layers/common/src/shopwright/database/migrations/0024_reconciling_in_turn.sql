-- Whose orders are to be held against their gateway, those first who have waited longest for it: a merchant whose gateway
-- did not answer, or whose turn did not come, is next the night after, with all that has changed since.

set local role shopwright_owner;
create policy settling_reads on shopwright.reconciliation for select to shopwright_settling using (true);
grant select (merchant_id, day, at) on shopwright.reconciliation to shopwright_settling;
reset role;

set local role shopwright_settling;
drop function shopwright.merchants_selling(date);

-- The merchants with an order of this day, or one of before that changed since the last day that was seen to, but not
-- further back than so many days; and since when.
create function shopwright.reconciliations_due(of_day date, days_back integer)
returns table (merchant_id text, since date)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    with seen as (
        select r.merchant_id, max(r.day) as day, max(r.at) as at
          from shopwright.reconciliation r
         where r.day < of_day
         group by r.merchant_id),
    sold as (
        select p.merchant_id, max(p.changed_at) as changed_at
          from shopwright.purchase p
         where p.changed_at >= (of_day - days_back)::timestamp at time zone 'UTC'
           and p.created_at < (of_day + 1)::timestamp at time zone 'UTC'
         group by p.merchant_id),
    due as (
        select s.merchant_id, s.changed_at, n.at, greatest(coalesce(n.day + 1, of_day - days_back), of_day - days_back) as since
          from sold s
          left join seen n on n.merchant_id = s.merchant_id)
    select d.merchant_id, d.since
      from due d
     where d.changed_at >= d.since::timestamp at time zone 'UTC'
     order by d.at nulls first, d.merchant_id
$$;
revoke all on function shopwright.reconciliations_due(date, integer) from public;
grant execute on function shopwright.reconciliations_due(date, integer) to shopwright_app;
reset role;
