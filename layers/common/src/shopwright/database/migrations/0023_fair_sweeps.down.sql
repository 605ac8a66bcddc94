set local role shopwright_settling;
drop function shopwright.standing_still(integer, integer, integer);
create function shopwright.standing_still(for_s integer, at_most integer)
returns table (merchant_id text, order_id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select p.merchant_id, p.id
      from shopwright.purchase p
     where p.status in ('started', 'placed', 'undoing', 'refunding')
       and p.changed_at < clock_timestamp() - make_interval(secs => for_s)
       and not exists (select from shopwright.parked_saga s
                        where s.merchant_id = p.merchant_id and s.order_id = p.id and s.resolved_at is null)
     order by p.changed_at
     limit at_most
$$;
revoke all on function shopwright.standing_still(integer, integer) from public;
grant execute on function shopwright.standing_still(integer, integer) to shopwright_app;
reset role;

set local role shopwright_owner;
alter table shopwright.purchase drop column swept_at;
reset role;
