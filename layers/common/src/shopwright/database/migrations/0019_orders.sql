-- What is sold: a merchant's terms, orders with what they hold of the stock, the log of what happened to their money, the
-- books, and what is to be told to others. All of it changes together, in one transaction, and nowhere else.

do $$
begin
    if not exists (select from pg_catalog.pg_roles where rolname = 'shopwright_settling') then
        create role shopwright_settling nologin nocreatedb nocreaterole;
    end if;
    execute format('grant shopwright_settling to %I with inherit false, set true', current_user);
end
$$;

set local role shopwright_owner;

-- What a shop asks for delivery, and which tax its prices include. One currency, one flat charge for delivery, one rate
-- in basis points, and other rates for the articles that have one.
create table shopwright.terms (
    merchant_id    text not null,
    currency       text not null check (currency ~ '^[A-Z]{3}$' and currency <> 'XXX'),
    delivery_minor bigint not null check (delivery_minor >= 0),
    free_from      bigint check (free_from >= 0),             -- the goods' total from which delivery is free; null: never
    tax_rate       integer not null check (tax_rate between 0 and 10000),
    other_rates    jsonb not null default '{}',               -- article number: basis points
    version        bigint not null default 1 check (version > 0),
    changed_at     timestamptz not null default now(),
    primary key (merchant_id)
);

-- An order is what a shopper agreed to: its terms are the bytes that were signed. Its way:
-- started -> placed -> paid -> refunding -> refunded, and from started or placed to undoing -> cancelled; back to undoing
-- when its money turns out to be held after all.
create table shopwright.purchase (
    merchant_id  text not null,
    id           text not null check (id ~ '^o-[a-z2-7]{26}$'),
    saga_id      text not null,
    subject      text not null,                               -- whose it is: the key of their members row
    status       text not null default 'started'
                 check (status in ('started', 'placed', 'paid', 'undoing', 'cancelled', 'refunding', 'refunded')),
    reason       text not null default '',                    -- why it was cancelled, in a word that stays the same
    restock      boolean not null default false,              -- a refund brings the goods back onto the shelf
    terms        text not null,                               -- canonical, as it was signed
    quote_hash   text not null check (quote_hash ~ '^[0-9a-f]{64}$'),
    consent      jsonb not null,                              -- who agreed, when and how
    cart_version bigint not null,
    total_minor  bigint not null check (total_minor > 0),
    currency     text not null check (currency ~ '^[A-Z]{3}$'),
    created_at   timestamptz not null default clock_timestamp(),
    changed_at   timestamptz not null default clock_timestamp(),
    primary key (merchant_id, id),
    unique (merchant_id, saga_id),
    unique (merchant_id, quote_hash)
);
create index purchase_of_subject on shopwright.purchase (merchant_id, subject, created_at desc, id desc);
create index purchase_newest on shopwright.purchase (merchant_id, created_at desc, id desc);
create index purchase_unsettled on shopwright.purchase (changed_at)
    where status in ('started', 'placed', 'undoing', 'refunding');
-- One cart, as it was when it was agreed to, is bought once: another order may follow when the first came to nothing.
create unique index purchase_of_cart on shopwright.purchase (merchant_id, subject, cart_version)
    where status in ('started', 'placed', 'paid');

-- So many of one article are kept for an order. `counted`: the shop counts them, and stock.held has them.
create table shopwright.reservation (
    merchant_id text not null,
    order_id    text not null,
    product_id  text not null,
    sku         text not null,
    quantity    integer not null check (quantity > 0),
    counted     boolean not null,
    state       text not null default 'held' check (state in ('held', 'released', 'sold', 'returned')),
    expires_at  timestamptz not null,
    changed_at  timestamptz not null default clock_timestamp(),
    primary key (merchant_id, order_id, product_id, sku),
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id),
    foreign key (merchant_id, product_id, sku) references shopwright.variant (merchant_id, product_id, sku)
);

-- The payment of an order as it stands. It only repeats what the log below says, so that a step may ask one row.
-- `instrument`, `challenge` and `proof` are names in the vault, never what they stand for.
create table shopwright.payment (
    merchant_id text not null,
    order_id    text not null,
    state       text not null default 'none'
                check (state in ('none', 'asked', 'pending', 'challenged', 'declined', 'authorized', 'capturing',
                                 'captured', 'capture_failed', 'undoing', 'undo_failed', 'voided', 'refunded')),
    gateway     text not null,
    reference   text not null default '',
    instrument  text not null,
    challenge   text not null default '',
    proof       text not null default '',
    reason      text not null default '',                     -- of a decline: a name of reasons.toml
    return_url  text not null default '',
    captures    integer not null default 1 check (captures > 0),
    undos       integer not null default 1 check (undos > 0),
    wake        text not null default '',                     -- whom to wake when the gateway tells something
    changed_at  timestamptz not null default clock_timestamp(),
    primary key (merchant_id, order_id),
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id)
);
create index payment_of_reference on shopwright.payment (merchant_id, gateway, reference) where reference <> '';

-- Everything that was asked of a gateway or told by one, in order; nothing of it is ever changed. `told` is the gateway's
-- own id of what it told, by which the same thing told twice is known.
create table shopwright.payment_event (
    merchant_id  text not null,
    id           text not null check (id ~ '^[0-9A-HJKMNP-TV-Z]{26}$'),
    order_id     text not null,
    kind         text not null,
    amount_minor bigint not null,
    currency     text not null,
    reference    text not null default '',
    told         text,
    applied      boolean not null,                            -- did it change how the payment stands?
    detail       text not null default '',
    at           timestamptz not null default clock_timestamp(),
    primary key (merchant_id, id),
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id)
);
create index payment_event_of_order on shopwright.payment_event (merchant_id, order_id, id);
create unique index payment_event_told on shopwright.payment_event (merchant_id, told) where told is not null;

-- What a gateway told that we cannot place: about no order of ours, or of another amount. It waits for an operator.
create table shopwright.unplaced_event (
    merchant_id  text not null,
    gateway      text not null,
    told         text not null,
    kind         text not null,
    reference    text not null,
    name         text not null,
    amount_minor bigint,
    currency     text,
    why          text not null,
    received_at  timestamptz not null default clock_timestamp(),
    primary key (merchant_id, gateway, told)
);

-- The books: each transaction has two entries or more, which sum to nothing. An amount that comes to us is above zero.
create table shopwright.ledger_entry (
    merchant_id    text not null,
    transaction_id text not null check (transaction_id ~ '^[0-9A-HJKMNP-TV-Z]{26}$'),
    account        text not null check (account in ('gateway', 'goods', 'delivery', 'tax')),
    order_id       text not null,
    kind           text not null check (kind in ('capture', 'refund')),
    amount_minor   bigint not null,
    currency       text not null,
    at             timestamptz not null default clock_timestamp(),
    primary key (merchant_id, transaction_id, account),
    unique (merchant_id, order_id, kind, account),            -- captured once, given back once
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id)
);

-- What others are to be told, written with the change that it tells of.
create table shopwright.outbox (
    merchant_id  text not null,
    id           text not null check (id ~ '^[0-9A-HJKMNP-TV-Z]{26}$'),
    order_id     text not null,
    kind         text not null check (kind in ('OrderPlaced', 'OrderPaid', 'OrderCancelled', 'OrderRefunded')),
    body         jsonb not null,
    at           timestamptz not null default clock_timestamp(),
    published_at timestamptz,
    primary key (merchant_id, id),
    unique (merchant_id, order_id, kind),                     -- each once for an order
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id)
);
create index outbox_waiting on shopwright.outbox (at) where published_at is null;

-- A saga that could not be undone, until an operator has it tried again and it is.
create table shopwright.parked_saga (
    merchant_id text not null,
    order_id    text not null,
    why         text not null,
    times       integer not null default 1,
    parked_at   timestamptz not null default clock_timestamp(),
    resumed_at  timestamptz,                                  -- when an operator last had it tried again
    resolved_at timestamptz,
    primary key (merchant_id, order_id),
    foreign key (merchant_id, order_id) references shopwright.purchase (merchant_id, id)
);

-- A day's orders held against what the gateway says, and where the two differ.
create table shopwright.reconciliation (
    merchant_id text not null,
    day         date not null,
    checked     integer not null,
    unasked     integer not null,                             -- of a gateway that can be asked about none
    differences integer not null,
    at          timestamptz not null default clock_timestamp(),
    primary key (merchant_id, day)
);
create table shopwright.reconciliation_difference (
    merchant_id text not null,
    day         date not null,
    order_id    text not null,
    kind        text not null,
    ours        text not null,
    theirs      text not null,
    primary key (merchant_id, day, order_id, kind),
    foreign key (merchant_id, day) references shopwright.reconciliation (merchant_id, day) on delete cascade
);

create function shopwright.only_ever_added() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception '% is only ever added to', tg_table_name using errcode = 'SW003';
end
$$;
do $$
declare
    item regclass;
begin
    foreach item in array array['shopwright.payment_event', 'shopwright.ledger_entry']::regclass[]
    loop
        execute format('create trigger only_added before update or delete on %s
                        for each row execute function shopwright.only_ever_added()', item);
        execute format('create trigger never_emptied before truncate on %s
                        for each statement execute function shopwright.only_ever_added()', item);
    end loop;
end
$$;

-- Looked at when the transaction ends, so that its entries may come one by one.
create function shopwright.entries_balance() returns trigger
language plpgsql
set search_path = shopwright, pg_temp
as $$
begin
    if exists (select from ledger_entry e
                where e.merchant_id = new.merchant_id and e.transaction_id = new.transaction_id
               having sum(e.amount_minor) <> 0 or count(*) < 2 or count(distinct (e.currency, e.order_id, e.kind)) > 1)
    then
        raise exception 'a ledger transaction does not balance' using errcode = 'SW004';
    end if;
    return null;
end
$$;
create constraint trigger balances after insert on shopwright.ledger_entry
    deferrable initially deferred for each row execute function shopwright.entries_balance();

create function shopwright.next_terms_version() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if (new.currency, new.delivery_minor, new.free_from, new.tax_rate, new.other_rates)
       is distinct from (old.currency, old.delivery_minor, old.free_from, old.tax_rate, old.other_rates) then
        new.version := old.version + 1;
        new.changed_at := clock_timestamp();
    else
        new.version := old.version;
    end if;
    return new;
end
$$;
create trigger next_version before update on shopwright.terms
    for each row execute function shopwright.next_terms_version();

do $$
declare
    item regclass;
    may  text;
begin
    for item, may in
        select t.name::regclass, t.may
          from (values ('shopwright.terms', 'select, insert, update'),
                       ('shopwright.purchase', 'select, insert, update'),
                       ('shopwright.reservation', 'select, insert, update'),
                       ('shopwright.payment', 'select, insert, update'),
                       ('shopwright.payment_event', 'select, insert'),
                       ('shopwright.unplaced_event', 'select, insert'),
                       ('shopwright.ledger_entry', 'select, insert'),
                       ('shopwright.outbox', 'select, insert, update'),
                       ('shopwright.parked_saga', 'select, insert, update'),
                       ('shopwright.reconciliation', 'select, insert, update, delete'),
                       ('shopwright.reconciliation_difference', 'select, insert, update, delete')) as t (name, may)
    loop
        execute format('alter table %s enable row level security', item);
        execute format('alter table %s force row level security', item);
        execute format('create policy own_rows on %s
                        using (merchant_id = (select shopwright.tenant()))
                        with check (merchant_id = (select shopwright.tenant()))', item);
        execute format('grant %s on %s to shopwright_app', may, item);
    end loop;
end
$$;

grant usage, create on schema shopwright to shopwright_settling;   -- a function's owner must be able to create it
create policy settling_reads on shopwright.purchase for select to shopwright_settling using (true);
create policy settling_reads on shopwright.parked_saga for select to shopwright_settling using (true);
create policy settling_reads on shopwright.outbox for select to shopwright_settling using (true);
grant select (merchant_id, id, status, created_at, changed_at) on shopwright.purchase to shopwright_settling;
grant select (merchant_id, order_id, resolved_at) on shopwright.parked_saga to shopwright_settling;
grant select (merchant_id, id, at, published_at) on shopwright.outbox to shopwright_settling;

revoke all on function
    shopwright.only_ever_added(), shopwright.entries_balance(), shopwright.next_terms_version() from public;
reset role;

set local role shopwright_settling;

-- Orders of all merchants that have stood still for so long: their ids and nothing else, the longest first. Those that wait
-- for an operator are none of them: so many of one merchant's would keep everybody's others from being looked after.
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

-- The merchants who have something to tell, or had an order since so many seconds ago.
create function shopwright.merchants_telling(at_most integer) returns table (merchant_id text)
language sql stable security definer
set search_path = pg_catalog, pg_temp
as $$
    select o.merchant_id
      from shopwright.outbox o
     where o.published_at is null
     group by o.merchant_id
     order by min(o.at)
     limit at_most
$$;
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

revoke all on function
    shopwright.standing_still(integer, integer),
    shopwright.merchants_telling(integer),
    shopwright.merchants_selling(date) from public;
grant execute on function
    shopwright.standing_still(integer, integer),
    shopwright.merchants_telling(integer),
    shopwright.merchants_selling(date) to shopwright_app;
reset role;
