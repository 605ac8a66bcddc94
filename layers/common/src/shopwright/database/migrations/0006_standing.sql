-- What a kept answer is held against before it is served: one tenant-checked round trip.

set local role shopwright_search;

-- The merchant's generation (0: nothing has changed yet), in each row; and a row for each named fact that there is,
-- with its version, or one without a fact. Facts come with the catalog: until then none is known, so that an answer
-- that names one is refused.
create function shopwright.standing(passport text, facts text[])
returns table (generation bigint, fact text, version bigint)
language plpgsql stable security definer
set search_path = shopwright, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    return query
        select coalesce((select g.number from generation g where g.merchant_id = merchant), 0), null::text, null::bigint;
end
$$;
revoke all on function shopwright.standing(text, text[]) from public;
grant execute on function shopwright.standing(text, text[]) to shopwright_app;

reset role;
