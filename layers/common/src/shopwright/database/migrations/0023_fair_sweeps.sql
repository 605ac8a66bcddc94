-- When the sweeper last looked at an order, so that it looks next at the one that has waited longest for it: orders that
-- rightly wait for a day, for their gateway to take the money, keep none of the others from being looked after.

set local role shopwright_owner;
alter table shopwright.purchase add column swept_at timestamptz;
grant select (swept_at) on shopwright.purchase to shopwright_settling;
reset role;

set local role shopwright_settling;
drop function shopwright.standing_still(integer, integer);

-- Orders of all merchants that have stood still for so long, and that no sweeper has looked at in so many seconds: their
-- ids and nothing else, those first that nobody has worked on or looked at for the longest. Those that wait for an
-- operator are none of them.
create function shopwright.standing_still(for_s integer, again_s integer, at_most integer)
returns table (merchant_id text, order_id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select p.merchant_id, p.id
      from shopwright.purchase p
     where p.status in ('started', 'placed', 'undoing', 'refunding')
       and p.changed_at < clock_timestamp() - make_interval(secs => for_s)
       and (p.swept_at is null or p.swept_at < clock_timestamp() - make_interval(secs => again_s))
       and not exists (select from shopwright.parked_saga s
                        where s.merchant_id = p.merchant_id and s.order_id = p.id and s.resolved_at is null)
     order by greatest(p.changed_at, p.swept_at), p.merchant_id, p.id
     limit at_most
$$;
revoke all on function shopwright.standing_still(integer, integer, integer) from public;
grant execute on function shopwright.standing_still(integer, integer, integer) to shopwright_app;
reset role;
