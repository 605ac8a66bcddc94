-- name: page
-- One page of the merchant's documents, or of those of one status, the latest change first.
select id, title, source_key, media_type, status, reason, reason_code, chunks, masked, bytes, version, sequencer,
       passages, unread_pages, received_at, parsed_at, embedded_at, searchable_at, updated_at
  from shopwright.document
 where merchant_id = %(merchant)s
   and status <> 'deleted'
   and (%(status)s::text is null or status = %(status)s::text)
   and (%(after_time)s::timestamptz is null
        or (updated_at, id) < (%(after_time)s::timestamptz, %(after_id)s::text))
 order by updated_at desc, id desc
 limit %(limit)s::int4;

-- name: one
-- One document of the merchant, unless it was deleted.
select id, title, source_key, media_type, status, reason, reason_code, chunks, masked, bytes, version, sequencer,
       passages, unread_pages, received_at, parsed_at, embedded_at, searchable_at, updated_at
  from shopwright.document
 where merchant_id = %(merchant)s and id = %(document)s and status <> 'deleted';

-- name: register
-- Take note of a newer arrival, or take up one again that has not come to its end: a row means that it goes on.
insert into shopwright.document as known
       (merchant_id, id, source_key, title, media_type, status, sequencer, bytes)
values (%(merchant)s, %(document)s, %(key)s, %(title)s, %(media_type)s, 'received', %(sequencer)s, %(bytes)s)
    on conflict (merchant_id, id) do update
   set status = 'received', reason = null, reason_code = null, source_key = excluded.source_key,
       title = case when known.title = '' then excluded.title else known.title end,
       sequencer = excluded.sequencer, bytes = excluded.bytes, media_type = excluded.media_type, passages = 0,
       parsed_at = null, embedded_at = null, received_at = clock_timestamp(), updated_at = clock_timestamp()
 where shopwright.sequencer_rank(excluded.sequencer) > shopwright.sequencer_rank(known.sequencer)
    or (shopwright.sequencer_rank(excluded.sequencer) = shopwright.sequencer_rank(known.sequencer)
        and known.status not in ('searchable', 'quarantined', 'deleted'))
returning id;

-- name: standing
-- How an arrival stands to what is known of its document: the row is locked until the transaction ends.
select status, applied, version, content_sha256, pipeline,
       shopwright.sequencer_rank(sequencer) > shopwright.sequencer_rank(%(sequencer)s) as superseded,
       shopwright.sequencer_rank(applied) = shopwright.sequencer_rank(%(sequencer)s) as is_applied
  from shopwright.document
 where merchant_id = %(merchant)s and id = %(document)s
   for update;

-- name: keep
-- The arrival brings what is searchable already: only the sequencer moves on.
update shopwright.document
   set status = 'searchable', reason = null, reason_code = null, sequencer = %(sequencer)s, applied = %(sequencer)s,
       passages = chunks, updated_at = clock_timestamp()
 where merchant_id = %(merchant)s and id = %(document)s;

-- name: advance
-- Say how far an arrival has come, unless a newer one has taken its place.
update shopwright.document
   set status = %(status)s, reason = %(reason)s, reason_code = %(reason_code)s,
       passages = coalesce(%(passages)s::int4, passages),
       unread_pages = coalesce(%(unread_pages)s::int4, unread_pages),
       parsed_at = case when %(status)s = 'parsed' then clock_timestamp() else parsed_at end,
       embedded_at = case when %(status)s = 'embedded' then clock_timestamp() else embedded_at end,
       updated_at = clock_timestamp()
 where merchant_id = %(merchant)s and id = %(document)s
   and shopwright.sequencer_rank(sequencer) = shopwright.sequencer_rank(%(sequencer)s)
   and status not in ('searchable', 'deleted')
returning id;

-- name: drop_other_chunks
-- Remove the passages that the new version does not have; their vectors go with them.
delete from shopwright.chunk
 where merchant_id = %(merchant)s and document_id = %(document)s and id <> all (%(ids)s::uuid[]);

-- name: write_chunks
-- Write passages; one that the document had before keeps its row.
insert into shopwright.chunk as known (merchant_id, id, document_id, version, ordinal, section, span, content)
select %(merchant)s, piece.id, %(document)s, %(version)s::int4, piece.ordinal,
       array(select jsonb_array_elements_text(piece.section)), int4range(piece.starts, piece.ends, '[)'), piece.content
  from unnest(%(ids)s::uuid[], %(ordinals)s::int4[], %(sections)s::jsonb[], %(starts)s::int4[], %(ends)s::int4[],
              %(contents)s::text[]) as piece (id, ordinal, section, starts, ends, content)
    on conflict (merchant_id, id) do update
   set version = excluded.version, ordinal = excluded.ordinal, section = excluded.section, span = excluded.span,
       content = excluded.content;

-- name: write_vectors
-- Write the passages' vectors; one that has not changed is left alone, and so is the index.
insert into {relation} as known (merchant_id, id, e)
select %(merchant)s, piece.id, piece.e
  from unnest(%(ids)s::uuid[], %(vectors)b) as piece (id, e)
    on conflict (merchant_id, id) do update set e = excluded.e where known.e <> excluded.e;

-- name: embedded
-- Which of these passages of a document have a vector of the model, made by the same pipeline: from the same words.
select piece.id
  from shopwright.document as held
  join shopwright.chunk as piece on piece.merchant_id = held.merchant_id and piece.document_id = held.id
  join {relation} as known on known.merchant_id = piece.merchant_id and known.id = piece.id
 where held.merchant_id = %(merchant)s and held.id = %(document)s and held.pipeline = %(pipeline)s
   and piece.id = any (%(ids)s::uuid[]);

-- name: count_vectors
-- How many of these passages have a vector of the model.
select count(*) as found from {relation} where merchant_id = %(merchant)s and id = any (%(ids)s::uuid[]);

-- name: vectors_of
-- The table of a model's vectors; no row for a model, or weights, that the database does not know.
select relation from shopwright.embedding_model where name = %(model)s and sha256 = %(weights)s;

-- name: serve
-- A merchant's first document decides which model answers its questions; which one that is comes back.
insert into shopwright.serving_model as known (merchant_id, model) values (%(merchant)s, %(model)s)
    on conflict (merchant_id) do update set model = known.model
returning model;

-- name: publish
-- The new version is what is searchable now: those of its passages that are there.
with there as materialized
  (select count(*)::int4 as chunks from shopwright.chunk
    where merchant_id = %(merchant)s and document_id = %(document)s)
update shopwright.document
   set status = 'searchable', reason = null, reason_code = null, title = %(title)s, media_type = %(media_type)s,
       sequencer = %(sequencer)s, applied = %(sequencer)s, content_sha256 = %(sha256)s, pipeline = %(pipeline)s,
       version = %(version)s::int4, chunks = there.chunks, masked = %(masked)s::int4,
       passages = there.chunks, searchable_at = clock_timestamp(), updated_at = clock_timestamp()
  from there
 where merchant_id = %(merchant)s and id = %(document)s;

-- name: bury
-- Leave a tombstone with the deletion's sequencer, so that a late older arrival never wins; it holds nothing of what
-- the file said or was called. No row: superseded.
insert into shopwright.document as known
       (merchant_id, id, source_key, title, media_type, status, sequencer)
values (%(merchant)s, %(document)s, '', '', %(media_type)s, 'deleted', %(sequencer)s)
    on conflict (merchant_id, id) do update
   set status = 'deleted', reason = null, reason_code = null, title = '', source_key = '',
       sequencer = excluded.sequencer, applied = null, content_sha256 = null, pipeline = null, chunks = 0, masked = 0,
       bytes = 0, passages = 0, parsed_at = null, embedded_at = null, searchable_at = null,
       updated_at = clock_timestamp()
 where shopwright.sequencer_rank(excluded.sequencer) >= shopwright.sequencer_rank(known.sequencer)
returning id;

-- name: statistics
-- What the passport's merchant has, counted when the views were last refreshed.
select * from shopwright.statistics(%(passport)s);
