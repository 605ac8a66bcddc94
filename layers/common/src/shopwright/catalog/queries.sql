-- name: one_writer
-- One feed of a merchant at a time: two of them may tell of the same products, in another order.
select pg_advisory_xact_lock(hashtextextended('catalog:' || %(merchant)s, 0));

-- name: write_products
-- Write products; one that another feed tells of moves here when it has the same title, or is withdrawn there.
insert into shopwright.product as known (merchant_id, id, document_id, title)
select %(merchant)s, fed.id, %(document)s, fed.title
  from unnest(%(ids)s::text[], %(titles)s::text[]) as fed (id, title)
    on conflict (merchant_id, id) do update
   set document_id = excluded.document_id, title = excluded.title, withdrawn = false,
       changed_at = case when (known.document_id, known.title, known.withdrawn)
                              is distinct from (excluded.document_id, excluded.title, false)
                         then clock_timestamp() else known.changed_at end
 where known.document_id = excluded.document_id or known.withdrawn or lower(known.title) = lower(excluded.title)
returning id;

-- name: withdraw_missing
-- Products of this feed that it does not name any more.
update shopwright.product
   set withdrawn = true, changed_at = clock_timestamp()
 where merchant_id = %(merchant)s and document_id = %(document)s and not withdrawn and id <> all (%(ids)s::text[])
returning id;

-- name: forget_facts
-- Nothing is known of these products any more; the rows stay, and their versions go on.
update shopwright.product_fact
   set amount = null, words = null
 where merchant_id = %(merchant)s and product_id = any (%(ids)s::text[])
   and (amount is not null or words is not null);

-- name: forget_stock
-- Nor how many there are. What is held for shoppers stays held.
update shopwright.stock
   set on_hand = null
 where merchant_id = %(merchant)s and product_id = any (%(ids)s::text[]) and on_hand is not null;

-- name: write_variants
-- Write variants; one that has not changed keeps its row.
insert into shopwright.variant as known (merchant_id, product_id, sku, ordinal, title)
select %(merchant)s, fed.product_id, fed.sku, fed.ordinal, fed.title
  from unnest(%(products)s::text[], %(skus)s::text[], %(ordinals)s::int4[], %(titles)s::text[])
       as fed (product_id, sku, ordinal, title)
    on conflict (merchant_id, product_id, sku) do update
   set ordinal = excluded.ordinal, title = excluded.title, withdrawn = false
 where (known.ordinal, known.title, known.withdrawn) is distinct from (excluded.ordinal, excluded.title, false);

-- name: withdraw_variants
-- Variants that these products do not have any more.
update shopwright.variant known
   set withdrawn = true
 where known.merchant_id = %(merchant)s and known.product_id = any (%(ids)s::text[]) and not known.withdrawn
   and not exists (select from unnest(%(products)s::text[], %(skus)s::text[]) as fed (product_id, sku)
                    where fed.product_id = known.product_id and fed.sku = known.sku);

-- name: write_facts
-- Write facts; one with the same value keeps its row and its version.
insert into shopwright.product_fact as known (merchant_id, product_id, sku, name, kind, amount, words, unit)
select %(merchant)s, fed.product_id, fed.sku, fed.name, fed.kind, fed.amount, fed.words, fed.unit
  from unnest(%(products)s::text[], %(skus)s::text[], %(names)s::text[], %(kinds)s::text[], %(amounts)s::numeric[],
              %(words)s::text[], %(units)s::text[]) as fed (product_id, sku, name, kind, amount, words, unit)
    on conflict (merchant_id, product_id, sku, name) do update
   set kind = excluded.kind, amount = excluded.amount, words = excluded.words, unit = excluded.unit
 where (known.kind, known.amount, known.words, known.unit)
       is distinct from (excluded.kind, excluded.amount, excluded.words, excluded.unit)
returning product_id;

-- name: forget_missing_facts
-- Facts that these products do not have any more.
update shopwright.product_fact known
   set amount = null, words = null
 where known.merchant_id = %(merchant)s and known.product_id = any (%(ids)s::text[])
   and (known.amount is not null or known.words is not null)
   and not exists (select from unnest(%(products)s::text[], %(skus)s::text[], %(names)s::text[])
                          as fed (product_id, sku, name)
                    where fed.product_id = known.product_id and fed.sku = known.sku and fed.name = known.name)
returning product_id;

-- name: hold_stock
-- Nobody sells any of those whose counts say when they were taken until they are written: what is sold before this is seen
-- below, what is sold after it is taken from the new count.
select s.sku
  from shopwright.stock s
  join unnest(%(products)s::text[], %(skus)s::text[], %(counted_at)s::timestamptz[]) as fed (product_id, sku, counted_at)
    on fed.product_id = s.product_id and fed.sku = s.sku and fed.counted_at is not null
 where s.merchant_id = %(merchant)s
 order by s.product_id, s.sku
   for update of s;

-- name: not_yet_counted
-- Articles whose count is said to be taken at a time that is still to come, by more than clocks differ; `known`: is there
-- a count of before?
select fed.place::int4 as place, fed.sku, fed.counted_at, s.on_hand is not null as known
  from unnest(%(products)s::text[], %(skus)s::text[], %(on_hand)s::int4[], %(counted_at)s::timestamptz[])
       with ordinality as fed (product_id, sku, on_hand, counted_at, place)
  left join shopwright.stock s
    on s.merchant_id = %(merchant)s and s.product_id = fed.product_id and s.sku = fed.sku
 where fed.on_hand is not null and fed.counted_at > clock_timestamp() + interval '5 minutes'
 order by fed.product_id, fed.sku;

-- name: put_back
-- Articles whose count came without its time, and brings back what was sold since the count before.
select v.sku, least(sum(r.quantity), fed.on_hand - s.on_hand)::int4 as units
  from unnest(%(products)s::text[], %(skus)s::text[], %(on_hand)s::int4[], %(counted_at)s::timestamptz[])
       as fed (product_id, sku, on_hand, counted_at)
  join shopwright.stock s
    on s.merchant_id = %(merchant)s and s.product_id = fed.product_id and s.sku = fed.sku
  join shopwright.variant v
    on v.merchant_id = %(merchant)s and v.product_id = fed.product_id and v.sku = fed.sku
  join shopwright.reservation r
    on r.merchant_id = %(merchant)s and r.product_id = fed.product_id and r.sku = fed.sku and r.state = 'sold'
       and r.changed_at > s.counted_at
 where fed.counted_at is null and fed.on_hand > s.on_hand
 group by v.product_id, v.sku, fed.on_hand, s.on_hand
 order by v.product_id, v.sku;

-- name: write_stock
-- Set what is on hand, less what was sold here since it was counted, where the feed says when that was; what is held is
-- the checkout's. When the count came stands beside it: what is sold later is known by that.
insert into shopwright.stock as known (merchant_id, product_id, sku, on_hand, counted_at)
select %(merchant)s, fed.product_id, fed.sku,
       case when fed.on_hand is not null then
       greatest(fed.on_hand - coalesce((select sum(r.quantity)
                                          from shopwright.reservation r
                                         where r.merchant_id = %(merchant)s and r.product_id = fed.product_id
                                           and r.sku = fed.sku and r.state = 'sold'
                                           and r.changed_at > fed.counted_at), 0), 0) end,
       clock_timestamp()
  from unnest(%(products)s::text[], %(skus)s::text[], %(on_hand)s::int4[], %(counted_at)s::timestamptz[])
       as fed (product_id, sku, on_hand, counted_at)
    on conflict (merchant_id, product_id, sku) do update
   set on_hand = excluded.on_hand, counted_at = excluded.counted_at
 where known.on_hand is distinct from excluded.on_hand or known.counted_at is null
    or exists (select from shopwright.reservation r
                where r.merchant_id = known.merchant_id and r.product_id = known.product_id and r.sku = known.sku
                  and r.state = 'sold' and r.changed_at > known.counted_at)
returning product_id;

-- name: forget_missing_stock
-- Nobody counts variants that these products do not have any more.
update shopwright.stock known
   set on_hand = null
 where known.merchant_id = %(merchant)s and known.product_id = any (%(ids)s::text[]) and known.on_hand is not null
   and not exists (select from unnest(%(products)s::text[], %(skus)s::text[]) as fed (product_id, sku)
                    where fed.product_id = known.product_id and fed.sku = known.sku);

-- name: link_passages
-- Say which product each passage is of.
insert into shopwright.product_passage as known (merchant_id, chunk_id, product_id, sku)
select %(merchant)s, link.chunk_id, link.product_id, link.sku
  from unnest(%(chunks)s::uuid[], %(products)s::text[], %(skus)s::text[]) as link (chunk_id, product_id, sku)
    on conflict (merchant_id, chunk_id) do update set product_id = excluded.product_id, sku = excluded.sku
 where (known.product_id, known.sku) is distinct from (excluded.product_id, excluded.sku);

-- name: unlink_passages
-- Passages of this document that are no product's any more.
delete from shopwright.product_passage p
 using shopwright.chunk c
 where p.merchant_id = %(merchant)s and c.merchant_id = %(merchant)s and c.id = p.chunk_id
   and c.document_id = %(document)s and p.chunk_id <> all (%(chunks)s::uuid[]);

-- name: forget_passages
-- Remove passages of this document that tell of what is not sold.
delete from shopwright.chunk
 where merchant_id = %(merchant)s and document_id = %(document)s and id = any (%(chunks)s::uuid[]);

-- name: report
-- What became of a feed.
insert into shopwright.feed (merchant_id, document_id, products, withdrawn, refused, refused_count, warned,
                             warned_count)
values (%(merchant)s, %(document)s, %(products)s::int4, %(withdrawn)s::int4, %(refused)s::jsonb, %(refused_count)s::int4,
        %(warned)s::jsonb, %(warned_count)s::int4)
    on conflict (merchant_id, document_id) do update
   set products = excluded.products, withdrawn = excluded.withdrawn, refused = excluded.refused,
       refused_count = excluded.refused_count, warned = excluded.warned, warned_count = excluded.warned_count;

-- name: no_feed
-- This document is no feed, or not one any more.
delete from shopwright.feed where merchant_id = %(merchant)s and document_id = %(document)s returning document_id;

-- name: read_report
-- What became of a feed; no row for a document that is none.
select (select count(*) from shopwright.product p
         where p.merchant_id = f.merchant_id and p.document_id = f.document_id and not p.withdrawn)::int4 as products,
       f.withdrawn, f.refused, f.refused_count, f.warned, f.warned_count
  from shopwright.feed f
 where f.merchant_id = %(merchant)s and f.document_id = %(document)s;

-- name: whole
-- Whether all that a feed told of is still told by it: another feed may have taken a product over, and have gone since.
select f.products = (select count(*) from shopwright.product p
                      where p.merchant_id = f.merchant_id and p.document_id = f.document_id and not p.withdrawn) as whole
  from shopwright.feed f
 where f.merchant_id = %(merchant)s and f.document_id = %(document)s;

-- name: facts_of
-- The facts of the products that passages tell of, as they are now: one round trip.
select * from shopwright.facts_of(%(passport)s, %(chunks)s::uuid[]);

-- name: fact_versions
-- The versions that facts have now: one round trip.
select * from shopwright.fact_versions(%(passport)s, %(products)s::text[], %(skus)s::text[], %(names)s::text[]);

-- name: touch
-- What a feed says of these products has changed.
update shopwright.product
   set changed_at = clock_timestamp()
 where merchant_id = %(merchant)s and id = any (%(ids)s::text[]);

-- name: newest
-- One page of the products that are sold, the latest change first.
select p.id, p.title, p.changed_at
  from shopwright.product p
 where p.merchant_id = %(merchant)s and not p.withdrawn
   and (%(text)s::text is null or strpos(lower(p.title), lower(%(text)s::text)) > 0)
   and (not %(available)s::bool or shopwright.can_be_had(p.merchant_id, p.id))
   and (%(after_time)s::timestamptz is null
        or (p.changed_at, p.id) < (%(after_time)s::timestamptz, %(after_id)s::text))
 order by p.changed_at desc, p.id desc
 limit %(limit)s::int4;

-- name: by_name
-- One page of the products that are sold, by their names. The one that the page before ended with says where to go on.
select p.id, p.title, p.changed_at
  from shopwright.product p
 where p.merchant_id = %(merchant)s and not p.withdrawn
   and (%(text)s::text is null or strpos(lower(p.title), lower(%(text)s::text)) > 0)
   and (not %(available)s::bool or shopwright.can_be_had(p.merchant_id, p.id))
   and (%(after_id)s::text is null
        or (lower(p.title), p.id) > (select lower(a.title), a.id from shopwright.product a
                                      where a.merchant_id = %(merchant)s and a.id = %(after_id)s::text))
 order by lower(p.title), p.id
 limit %(limit)s::int4;

-- name: of_sku
-- The products that are sold and have a variant of this SKU, or this id: a variant's own SKU comes first.
select p.id, p.title, p.changed_at
  from shopwright.product p
  left join shopwright.variant v on v.merchant_id = p.merchant_id and v.product_id = p.id and v.sku = %(sku)s::text
                                and not v.withdrawn
 where p.merchant_id = %(merchant)s and not p.withdrawn
   and p.id in (select o.product_id from shopwright.variant o
                 where o.merchant_id = %(merchant)s and o.sku = %(sku)s::text
                 union all select %(sku)s::text)
   and (v.sku is not null or p.id = %(sku)s::text)
 order by v.sku is null, p.changed_at desc, p.id
 limit 1;

-- name: variants_shown
-- The first variants of these products, and how many each has. The one that was asked for is always among them.
select v.product_id, v.sku, v.title, v.of_all,
       case when s.on_hand is not null then greatest(s.on_hand - s.held, 0) end as left, s.version
  from (select product_id, sku, title, ordinal, count(*) over (partition by product_id) as of_all,
               row_number() over (partition by product_id
                                      order by (sku = %(sku)s::text) desc nulls last, ordinal, sku) as place
          from shopwright.variant
         where merchant_id = %(merchant)s and product_id = any (%(ids)s::text[]) and not withdrawn) v
  left join shopwright.stock s on s.merchant_id = %(merchant)s and s.product_id = v.product_id and s.sku = v.sku
                              and s.on_hand is not null
 where v.place <= %(most)s::int4
 order by v.product_id, v.ordinal, v.sku;

-- name: facts_shown
-- What is known of these products and of these variants of theirs.
select f.product_id, f.sku, f.name, f.kind, f.amount, f.words, f.unit, f.version
  from shopwright.product_fact f
 where f.merchant_id = %(merchant)s and f.product_id = any (%(ids)s::text[])
   and (f.amount is not null or f.words is not null)
   and (f.sku = '' or (f.product_id, f.sku) in (select * from unnest(%(products)s::text[], %(skus)s::text[])))
 order by f.product_id, f.sku, f.name;

-- name: offers_of
-- What is sold now under these article numbers: one round trip.
select * from shopwright.offers_of(%(passport)s, %(skus)s::text[]);

-- name: last_titles
-- What these articles were called when they were last sold: one round trip.
select * from shopwright.last_titles(%(passport)s, %(skus)s::text[]);

-- name: overview_of
-- The brands, the categories and what is sold out: one round trip.
select * from shopwright.overview_of(%(passport)s, %(most)s::int4);

-- name: names_of_goods
-- Which of these stretches stand in a product's or a brand's name: one round trip.
select * from shopwright.names_of_goods(%(passport)s, %(stretches)s::text[]);

-- name: find_products
-- Products that are named, that passages tell of, or the cheapest ones, that fit: one round trip.
select * from shopwright.find_products(%(passport)s, %(chunks)s::uuid[], %(products)s::text[], %(low)s::numeric,
                                       %(high)s::numeric, %(currency)s::text, %(available)s::boolean, %(limit)s::int4);

-- name: facts_of_product
-- The facts of a product or of one of its variants, as they are now: one round trip.
select * from shopwright.facts_of_product(%(passport)s, %(product)s, %(sku)s);

-- name: facts_of_variants
-- The values of each variant of these products, as they are now: one round trip.
select * from shopwright.facts_of_variants(%(passport)s, %(products)s::text[]);
