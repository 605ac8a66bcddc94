-- name: serving
-- Which model answers the merchant's questions, and which one did before; no row for a merchant without documents.
select model, previous from shopwright.serving_model where merchant_id = %(merchant)s;

-- name: serving_model
-- The model that answers the merchant's questions.
select m.name, m.dimensions, m.sha256
  from shopwright.serving_model s
  join shopwright.embedding_model m on m.name = s.model
 where s.merchant_id = %(merchant)s;

-- name: serving_of
-- The same for whoever the passport names, in one round trip.
select name, dimensions, sha256 from shopwright.serving_model_of(%(passport)s);

-- name: serving_held
-- The same, and it stays so until the transaction ends.
select model from shopwright.serving_model where merchant_id = %(merchant)s for update;

-- name: vectors_of
-- The table of a model's vectors.
select relation from shopwright.embedding_model where name = %(model)s;

-- name: lacking
-- The next passages that the model has no vector of, in the order of their ids.
select c.id, c.section, c.content
  from shopwright.chunk c
 where c.merchant_id = %(merchant)s
   and (%(after)s::uuid is null or c.id > %(after)s::uuid)
   and not exists (select from {relation} v where v.merchant_id = c.merchant_id and v.id = c.id)
 order by c.id
 limit %(limit)s::int4;

-- name: add_vectors
-- Vectors of passages that are still there; the key-share locks keep them there until these are written.
insert into {relation} (merchant_id, id, e)
select c.merchant_id, c.id, piece.e
  from unnest(%(ids)s::uuid[], %(vectors)b) as piece (id, e)
  join shopwright.chunk c on c.merchant_id = %(merchant)s and c.id = piece.id
   for key share of c
    on conflict (merchant_id, id) do nothing;

-- name: counts
-- How many passages the merchant has, and of how many the model has a vector.
select count(*) as passages, count(v.id) as embedded
  from shopwright.chunk c
  left join {relation} v on v.merchant_id = c.merchant_id and v.id = c.id
 where c.merchant_id = %(merchant)s;

-- name: hold
-- Until the transaction ends, no document of the merchant becomes searchable: each takes this row first. Before the
-- first document there is no row, and the model that is to answer gets one, so that there is something to wait for.
insert into shopwright.serving_model as known (merchant_id, model) values (%(merchant)s, %(model)s)
    on conflict (merchant_id) do update set model = known.model
returning model;

-- name: switch
-- From the end of this transaction on, this model answers.
insert into shopwright.serving_model as known (merchant_id, model, switched_at)
values (%(merchant)s, %(model)s, clock_timestamp())
    on conflict (merchant_id) do update
   set previous = known.model, model = excluded.model, switched_at = excluded.switched_at
 where known.model <> excluded.model;

-- name: forget_some
-- Remove vectors of a model that does not serve, a handful at a time.
delete from {relation} v
 where v.merchant_id = %(merchant)s
   and v.id in (select w.id from {relation} w where w.merchant_id = %(merchant)s limit 2000);

-- name: forget_previous
-- There is no way back to that model without embedding anew.
update shopwright.serving_model set previous = null where merchant_id = %(merchant)s and previous = %(model)s;
