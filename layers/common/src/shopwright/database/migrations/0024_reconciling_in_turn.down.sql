set local role shopwright_settling;
drop function shopwright.reconciliations_due(date, integer);
create function shopwright.merchants_selling(of_day date) returns table (merchant_id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select distinct p.merchant_id
      from shopwright.purchase p
     where p.changed_at >= of_day::timestamp at time zone 'UTC'
       and p.created_at < (of_day + 1)::timestamp at time zone 'UTC'
     order by 1
$$;
revoke all on function shopwright.merchants_selling(date) from public;
grant execute on function shopwright.merchants_selling(date) to shopwright_app;
reset role;

set local role shopwright_owner;
revoke select (merchant_id, day, at) on shopwright.reconciliation from shopwright_settling;
drop policy settling_reads on shopwright.reconciliation;
reset role;
