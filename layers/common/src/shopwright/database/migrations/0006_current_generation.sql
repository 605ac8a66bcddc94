-- The generation of the passport's merchant (0: nothing was ever changed): what a kept answer is held against, in one
-- tenant-checked round trip.

set local role shopwright_search;

create function shopwright.current_generation(passport text) returns bigint
language plpgsql stable security definer
set search_path = shopwright, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return coalesce((select g.number from generation g where g.merchant_id = merchant), 0);
end
$$;
revoke all on function shopwright.current_generation(text) from public;
grant execute on function shopwright.current_generation(text) to shopwright_app;

reset role;
