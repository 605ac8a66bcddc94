-- Whose rows may this transaction see? A signed, expiring passport says so, and PostgreSQL checks it itself, so that a
-- raw set_config of another merchant opens nothing.

set local role shopwright_owner;

-- The key, ready for HMAC-SHA-256 (RFC 2104): written by the migrate function from the secret, readable by no role
-- but the owner of the functions below. Two rows while a key is rotated.
create table shopwright_private.tenant_key (
    kid        text primary key check (kid ~ '^[A-Za-z0-9_-]{1,32}$'),
    inner_pad  bytea not null check (length(inner_pad) = 64),
    outer_pad  bytea not null check (length(outer_pad) = 64),
    written_at timestamptz not null default now()
);

-- The merchant whom a passport `<kid>.<merchant_id>.<expires>.<hex>` names; NULL when it is absent, malformed, forged,
-- expired or signed with an unknown key. Both digests are hashed again before they meet, so that the time of the
-- comparison tells nothing about the right one.
create function shopwright.holder(passport text) returns text
language sql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select part[2]
      from regexp_match(
               passport,
               '^([A-Za-z0-9_-]{1,32})\.([a-z0-9][a-z0-9-]{1,38}[a-z0-9])\.([0-9]{1,12})\.([0-9a-f]{64})$'
           ) as part
      join shopwright_private.tenant_key k on k.kid = part[1]
     where part[3]::bigint > extract(epoch from statement_timestamp())
       and sha256(decode(part[4], 'hex'))
           = sha256(sha256(k.outer_pad || sha256(
                 k.inner_pad || convert_to(part[1] || '.' || part[2] || '.' || part[3], 'UTF8')
             )))
$$;

-- The merchant of this transaction. Policies read `(select shopwright.tenant())`: once per statement, not per row.
create function shopwright.tenant() returns text
language sql stable security definer parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select shopwright.holder(nullif(current_setting('shopwright.passport', true), ''))
$$;

-- Verify a passport and make the transaction its holder's; a refusal is an error with a code of our own (SW001).
create function shopwright.admit(passport text) returns text
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    merchant text := shopwright.holder(passport);
begin
    if merchant is null then
        raise exception 'passport refused' using errcode = 'SW001';
    end if;
    perform set_config('shopwright.passport', passport, true);
    return merchant;
end
$$;

revoke all on function shopwright.holder(text), shopwright.tenant(), shopwright.admit(text) from public;
grant execute on function shopwright.holder(text), shopwright.tenant(), shopwright.admit(text)
    to shopwright_app, shopwright_search;

reset role;
