-- name: terms
-- What a shop asks for delivery, and which tax its prices include.
select currency, delivery_minor, free_from, tax_rate, other_rates, version
  from shopwright.terms
 where merchant_id = %(merchant)s;

-- name: set_terms
-- Write a shop's terms in place of those before.
insert into shopwright.terms as known (merchant_id, currency, delivery_minor, free_from, tax_rate, other_rates)
values (%(merchant)s, %(currency)s, %(delivery)s::int8, %(free_from)s::int8, %(tax_rate)s::int4, %(other_rates)s::jsonb)
    on conflict (merchant_id) do update
   set currency = excluded.currency, delivery_minor = excluded.delivery_minor, free_from = excluded.free_from,
       tax_rate = excluded.tax_rate, other_rates = excluded.other_rates
returning currency, delivery_minor, free_from, tax_rate, other_rates, version;

-- name: one_agreement
-- One shopper's agreements are written down one after the other, until this transaction ends.
select pg_advisory_xact_lock(hashtextextended('orders:' || %(merchant)s || ':' || %(subject)s, 0));

-- name: under_way
-- What a shopper's orders are buying; of one that was just paid, the cart may not have heard yet. It remembers so many of
-- those that it has heard of: none of the older ones can still be on its way there.
with mine as (
    select id, terms, status, changed_at, created_at
      from shopwright.purchase
     where merchant_id = %(merchant)s and subject = %(subject)s
), paid as (
    select id, terms, created_at
      from mine
     where status = 'paid' and changed_at > clock_timestamp() - make_interval(secs => %(paid_within_s)s::float8)
     order by changed_at desc, id
     limit %(remembered)s::int8
)
select id, terms, created_at from mine where status in ('started', 'placed')
union all
select id, terms, created_at from paid
 order by created_at, id;

-- name: buying_too
-- The shopper's orders that a quote knew nothing of: those under way, those that were placed and paid since it was made,
-- and whichever has its very cart.
select id, terms, cart_version
  from shopwright.purchase
 where merchant_id = %(merchant)s and subject = %(subject)s
   and ((cart_version = %(cart_version)s::int8 and status in ('started', 'placed', 'paid'))
        or (id <> all (%(known)s::text[])
            and (status in ('started', 'placed')
                 or (status = 'paid' and created_at >= to_timestamp(%(issued_at)s::int8 + 1)))))
 order by created_at, id;

-- name: place
-- An order that was agreed to.
insert into shopwright.purchase (merchant_id, id, saga_id, subject, terms, quote_hash, consent, cart_version, total_minor,
                                 currency)
values (%(merchant)s, %(order)s, %(saga)s, %(subject)s, %(terms)s, %(quote_hash)s, %(consent)s::jsonb,
        %(cart_version)s::int8, %(total)s::int8, %(currency)s);

-- name: place_payment
-- How it is to be paid.
insert into shopwright.payment (merchant_id, order_id, gateway, instrument, return_url)
values (%(merchant)s, %(order)s, %(gateway)s, %(instrument)s, %(return_url)s);

-- name: look
-- An order with its payment.
select o.*, p.state, p.gateway, p.reference, p.instrument, p.challenge, p.proof, p.reason as pay_reason, p.return_url,
       p.captures, p.undos, p.wake, p.changed_at as payment_at,
       (select b.at from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id and b.kind = 'OrderPaid') as paid_at,
       (select max(b.at) from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id
           and b.kind in ('OrderCancelled', 'OrderRefunded')) as ended_at,
       exists (select from shopwright.payment_event e
                where e.merchant_id = %(merchant)s and e.order_id = o.id and e.applied
                  and e.kind in ('authorized', 'captured')) as held,
       exists (select from shopwright.parked_saga s
                where s.merchant_id = %(merchant)s and s.order_id = o.id and s.resolved_at is null) as parked
  from shopwright.purchase o
  join shopwright.payment p on p.merchant_id = %(merchant)s and p.order_id = o.id
 where o.merchant_id = %(merchant)s and o.id = %(order)s;

-- name: hold
-- The same, for this transaction alone until it ends.
select o.*, p.state, p.gateway, p.reference, p.instrument, p.challenge, p.proof, p.reason as pay_reason, p.return_url,
       p.captures, p.undos, p.wake, p.changed_at as payment_at,
       (select b.at from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id and b.kind = 'OrderPaid') as paid_at,
       (select max(b.at) from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id
           and b.kind in ('OrderCancelled', 'OrderRefunded')) as ended_at,
       exists (select from shopwright.payment_event e
                where e.merchant_id = %(merchant)s and e.order_id = o.id and e.applied
                  and e.kind in ('authorized', 'captured')) as held,
       exists (select from shopwright.parked_saga s
                where s.merchant_id = %(merchant)s and s.order_id = o.id and s.resolved_at is null) as parked
  from shopwright.purchase o
  join shopwright.payment p on p.merchant_id = %(merchant)s and p.order_id = o.id
 where o.merchant_id = %(merchant)s and o.id = %(order)s
   for update of o, p;

-- name: named
-- The order that a gateway speaks of by our id, by our name for the payment, or by its own.
select o.id
  from shopwright.purchase o
  join shopwright.payment p on p.merchant_id = %(merchant)s and p.order_id = o.id
 where o.merchant_id = %(merchant)s and p.gateway = %(gateway)s
   and case when %(saga)s <> '' then o.saga_id = %(saga)s
            when %(order)s <> '' then o.id = %(order)s
            else %(reference)s <> '' and p.reference = %(reference)s end
 limit 1;

-- name: of_subject
-- One page of orders, the newest first: a shopper's own, or with no subject all of the merchant's.
select o.*, p.state, p.gateway, p.reference, p.instrument, p.challenge, p.proof, p.reason as pay_reason, p.return_url,
       p.captures, p.undos, p.wake, p.changed_at as payment_at,
       (select b.at from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id and b.kind = 'OrderPaid') as paid_at,
       (select max(b.at) from shopwright.outbox b
         where b.merchant_id = %(merchant)s and b.order_id = o.id
           and b.kind in ('OrderCancelled', 'OrderRefunded')) as ended_at,
       exists (select from shopwright.payment_event e
                where e.merchant_id = %(merchant)s and e.order_id = o.id and e.applied
                  and e.kind in ('authorized', 'captured')) as held,
       exists (select from shopwright.parked_saga s
                where s.merchant_id = %(merchant)s and s.order_id = o.id and s.resolved_at is null) as parked
  from shopwright.purchase o
  join shopwright.payment p on p.merchant_id = %(merchant)s and p.order_id = o.id
 where o.merchant_id = %(merchant)s
   and (%(subject)s::text is null or o.subject = %(subject)s::text)
   and (%(after_time)s::timestamptz is null
        or (o.created_at, o.id) < (%(after_time)s::timestamptz, %(after_id)s::text))
 order by o.created_at desc, o.id desc
 limit %(limit)s::int4;

-- name: reserve
-- Keep so many of one article for an order; no row when they are kept already.
insert into shopwright.reservation (merchant_id, order_id, product_id, sku, quantity, counted, expires_at)
select %(merchant)s, %(order)s, v.product_id, v.sku, %(quantity)s::int4,
       exists (select from shopwright.stock s
                where s.merchant_id = %(merchant)s and s.product_id = v.product_id and s.sku = v.sku
                  and s.on_hand is not null),
       clock_timestamp() + make_interval(secs => %(for_s)s::float8)
  from shopwright.variant v
  join shopwright.product p on p.merchant_id = %(merchant)s and p.id = v.product_id and not p.withdrawn
 where v.merchant_id = %(merchant)s and v.product_id = %(product)s and v.sku = %(sku)s and not v.withdrawn
    on conflict (merchant_id, order_id, product_id, sku) do nothing
returning counted;

-- name: hold_stock
-- Hold so many, if there are as many to sell.
update shopwright.stock
   set held = held + %(quantity)s::int4
 where merchant_id = %(merchant)s and product_id = %(product)s and sku = %(sku)s
   and on_hand - held >= %(quantity)s::int4
returning held;

-- name: reserved
-- What is kept for an order, in the order in which stock is always taken.
select product_id, sku, quantity, counted, state, expires_at <= clock_timestamp() as expired
  from shopwright.reservation
 where merchant_id = %(merchant)s and order_id = %(order)s
 order by product_id, sku;

-- name: turn_reservations
-- From one state into another, once: a row that is not in the first state is left alone.
update shopwright.reservation
   set state = %(to)s, changed_at = clock_timestamp()
 where merchant_id = %(merchant)s and order_id = %(order)s and state = %(from)s
returning product_id, sku, quantity, counted;

-- name: release_stock
-- What was held may be sold again.
update shopwright.stock
   set held = held - %(quantity)s::int4
 where merchant_id = %(merchant)s and product_id = %(product)s and sku = %(sku)s;

-- name: sell_stock
-- What was held has left the shelf. A feed may have counted fewer than were held: then none are left.
-- One that nobody counts any more stays uncounted.
update shopwright.stock
   set held = held - %(quantity)s::int4,
       on_hand = case when on_hand is not null then greatest(on_hand - %(quantity)s::int4, 0) end
 where merchant_id = %(merchant)s and product_id = %(product)s and sku = %(sku)s;

-- name: return_stock
-- What was sold is back on the shelf.
update shopwright.stock
   set on_hand = on_hand + %(quantity)s::int4
 where merchant_id = %(merchant)s and product_id = %(product)s and sku = %(sku)s;

-- name: turn_order
-- The order goes on.
update shopwright.purchase
   set status = %(status)s, reason = case when %(reason)s = '' then reason else %(reason)s end,
       restock = restock or %(restock)s::bool, changed_at = clock_timestamp(),
       undo_since = case when %(status)s in ('undoing', 'refunding') then clock_timestamp() else undo_since end
 where merchant_id = %(merchant)s and id = %(order)s;

-- name: touch_order
-- Somebody is working on it.
update shopwright.purchase set changed_at = clock_timestamp() where merchant_id = %(merchant)s and id = %(order)s;

-- name: turn_payment
-- How its payment stands now.
update shopwright.payment
   set state = %(state)s, reference = case when %(reference)s = '' then reference else %(reference)s end,
       challenge = case when %(challenge)s = '' then challenge else %(challenge)s end,
       reason = case when %(reason)s = '' then reason else %(reason)s end,
       captures = captures + %(captures)s::int4, undos = undos + %(undos)s::int4, changed_at = clock_timestamp()
 where merchant_id = %(merchant)s and order_id = %(order)s;

-- name: persist
-- The gateway's own name for the payment, as soon as it has one.
update shopwright.payment
   set reference = %(reference)s
 where merchant_id = %(merchant)s and order_id = %(order)s and reference in ('', %(reference)s)
returning reference;

-- name: prove
-- What the shopper's browser brought back from the bank, by its name in the vault.
update shopwright.payment set proof = %(proof)s where merchant_id = %(merchant)s and order_id = %(order)s;

-- name: unprove
-- It has been used. One that was brought meanwhile has not.
update shopwright.payment set proof = ''
 where merchant_id = %(merchant)s and order_id = %(order)s and proof = %(proof)s;

-- name: listen
-- Whom to wake.
update shopwright.payment set wake = %(wake)s where merchant_id = %(merchant)s and order_id = %(order)s;

-- name: log
-- One more thing that was asked or told.
insert into shopwright.payment_event (merchant_id, id, order_id, kind, amount_minor, currency, reference, told, applied,
                                      detail)
values (%(merchant)s, %(id)s, %(order)s, %(kind)s, %(amount)s::int8, %(currency)s, %(reference)s, %(told)s,
        %(applied)s::bool, %(detail)s);

-- name: told_before
-- Was this told before, and was it news then?
select applied from shopwright.payment_event where merchant_id = %(merchant)s and told = %(told)s;

-- name: log_of
-- Everything that happened to an order's money, in order.
select id, kind, amount_minor, currency, reference, told, applied, detail, at
  from shopwright.payment_event
 where merchant_id = %(merchant)s and order_id = %(order)s
 order by id;

-- name: enter
-- One entry of the books.
insert into shopwright.ledger_entry (merchant_id, transaction_id, account, order_id, kind, amount_minor, currency)
values (%(merchant)s, %(transaction)s, %(account)s, %(order)s, %(kind)s, %(amount)s::int8, %(currency)s);

-- name: entered
-- Is this in the books?
select 1 as there
  from shopwright.ledger_entry
 where merchant_id = %(merchant)s and order_id = %(order)s and kind = %(kind)s
 limit 1;

-- name: books
-- What the books say of an order: each account's sum.
select account, sum(amount_minor)::bigint as amount
  from shopwright.ledger_entry
 where merchant_id = %(merchant)s and order_id = %(order)s
 group by account
 order by account;

-- name: announce
-- What others are to be told, once.
insert into shopwright.outbox (merchant_id, id, order_id, kind, body)
values (%(merchant)s, %(id)s, %(order)s, %(kind)s, %(body)s::jsonb)
    on conflict (merchant_id, order_id, kind) do nothing;

-- name: unannounced
-- What has not been told yet, the oldest first.
select id, order_id, kind, body, at
  from shopwright.outbox
 where merchant_id = %(merchant)s and published_at is null
 order by id
 limit %(limit)s::int4;

-- name: announced
-- It has been told.
update shopwright.outbox
   set published_at = clock_timestamp()
 where merchant_id = %(merchant)s and id = any (%(ids)s::text[]) and published_at is null;

-- name: park
-- It could not be undone: it waits for an operator.
insert into shopwright.parked_saga as known (merchant_id, order_id, why)
values (%(merchant)s, %(order)s, %(why)s)
    on conflict (merchant_id, order_id) do update
   set why = excluded.why, times = known.times + 1, parked_at = clock_timestamp(), resolved_at = null;

-- name: resume
-- An operator has it tried again.
update shopwright.parked_saga
   set resumed_at = clock_timestamp()
 where merchant_id = %(merchant)s and order_id = %(order)s and resolved_at is null
returning times;

-- name: undo_anew
-- The next undoing is another one, with a key of its own.
update shopwright.payment set undos = undos + 1 where merchant_id = %(merchant)s and order_id = %(order)s;

-- name: undo_from_now
-- It has as long again to be undone.
update shopwright.purchase set undo_since = clock_timestamp() where merchant_id = %(merchant)s and id = %(order)s;

-- name: resolve
-- It is undone, and nobody waits for it any more.
update shopwright.parked_saga
   set resolved_at = clock_timestamp()
 where merchant_id = %(merchant)s and order_id = %(order)s and resolved_at is null;

-- name: unplaced
-- What a gateway told that we cannot place.
insert into shopwright.unplaced_event (merchant_id, gateway, told, kind, reference, name, amount_minor, currency, why)
values (%(merchant)s, %(gateway)s, %(told)s, %(kind)s, %(reference)s, %(name)s, %(amount)s::int8, %(currency)s, %(why)s)
    on conflict (merchant_id, gateway, told) do nothing;

-- name: standing_still
-- Orders of all merchants that have stood still for so long, and that no sweeper has looked at of late.
select * from shopwright.standing_still(%(for_s)s::int4, %(again_s)s::int4, %(limit)s::int4);

-- name: swept
-- A sweeper looks at it now.
update shopwright.purchase set swept_at = clock_timestamp() where merchant_id = %(merchant)s and id = %(order)s;

-- name: merchants_telling
-- The merchants who have something to tell.
select * from shopwright.merchants_telling(%(limit)s::int4);

-- name: reconciliations_due
-- The merchants whose orders are to be held against their gateway, those first who have waited longest, and since when.
select * from shopwright.reconciliations_due(%(day)s::date, %(days_back)s::int4);

-- name: of_day
-- The orders of a day, and those of before that changed since another one began.
select o.id
  from shopwright.purchase o
 where o.merchant_id = %(merchant)s
   and o.changed_at >= %(since)s::date::timestamp at time zone 'UTC'
   and o.created_at < (%(day)s::date + 1)::timestamp at time zone 'UTC'
   and (%(after)s::text is null or o.id > %(after)s::text)
 order by o.id
 limit %(limit)s::int4;

-- name: forget_reconciliation
-- A day that is held against the gateway once more.
delete from shopwright.reconciliation where merchant_id = %(merchant)s and day = %(day)s::date;

-- name: reconciled
-- What came of a day.
insert into shopwright.reconciliation (merchant_id, day, checked, unasked, differences)
values (%(merchant)s, %(day)s::date, %(checked)s::int4, %(unasked)s::int4, %(differences)s::int4);

-- name: differs
-- Where an order and the gateway differ.
insert into shopwright.reconciliation_difference (merchant_id, day, order_id, kind, ours, theirs)
values (%(merchant)s, %(day)s::date, %(order)s, %(kind)s, %(ours)s, %(theirs)s);

-- name: told
-- One thing that others were told.
select id, order_id, kind, body, at from shopwright.outbox where merchant_id = %(merchant)s and id = %(id)s;

-- name: take
-- Somebody acts on what was told; no row when they have done so before.
update shopwright.outbox
   set taken_by = array_append(taken_by, %(taker)s::text)
 where merchant_id = %(merchant)s and id = %(id)s and %(taker)s::text <> all (taken_by)
returning id;

-- name: count_day
-- One more order of a day, or one more that came back.
insert into shopwright.sales_day as known (merchant_id, day, currency, orders, total_minor, refunds, refunded_minor)
values (%(merchant)s, (%(at)s::timestamptz at time zone 'UTC')::date, %(currency)s, %(orders)s::int8, %(total)s::int8,
        %(refunds)s::int8, %(refunded)s::int8)
    on conflict (merchant_id, day, currency) do update
   set orders = known.orders + excluded.orders, total_minor = known.total_minor + excluded.total_minor,
       refunds = known.refunds + excluded.refunds, refunded_minor = known.refunded_minor + excluded.refunded_minor;

-- name: count_article
-- So many more of one article were sold on a day, or came back.
insert into shopwright.sales_article as known (merchant_id, day, product_id, sku, orders, units, refunded)
values (%(merchant)s, (%(at)s::timestamptz at time zone 'UTC')::date, %(product)s, %(sku)s, %(orders)s::int8,
        %(units)s::int8, %(refunded)s::int8)
    on conflict (merchant_id, day, product_id, sku) do update
   set orders = known.orders + excluded.orders, units = known.units + excluded.units,
       refunded = known.refunded + excluded.refunded;

-- name: sold_out
-- Those of an order's articles of which none can be sold now.
select s.sku
  from shopwright.reservation r
  join shopwright.stock s on s.merchant_id = %(merchant)s and s.product_id = r.product_id and s.sku = r.sku
 where r.merchant_id = %(merchant)s and r.order_id = %(order)s and s.on_hand - s.held <= 0
 order by s.sku;

-- name: sales
-- What the passport's merchant has sold, counted when the views were last refreshed.
select * from shopwright.sales(%(passport)s);

-- name: popular
-- What is bought most there.
select * from shopwright.popular(%(passport)s, %(at_most)s::int4);
