-- name: partitions
-- Every partition of vectors, with what its indexes were built over; the longest untended first.
select m.name as model, m.relation as parent, m.index_kind as wanted, m.ef_search, m.probes, child.relname as relation,
       coalesce(s.n_live_tup, 0) as rows, coalesce(s.n_dead_tup, 0) as dead,
       coalesce(s.n_tup_upd + s.n_tup_del, 0) as changed,
       b.index as built_index, b.rows as rows_built, b.changed as changed_built
  from shopwright.embedding_model m
  join pg_catalog.pg_class parent
    on parent.relname = m.relation and parent.relnamespace = 'shopwright'::regnamespace
  join pg_catalog.pg_inherits i on i.inhparent = parent.oid
  join pg_catalog.pg_class child on child.oid = i.inhrelid
  left join pg_catalog.pg_stat_all_tables s on s.relid = child.oid
  left join shopwright_private.index_build b on b.relation = child.relname
 order by b.tended_at nulls first, child.relname;

-- name: dead
-- Tables of ours whose dead rows are worth a vacuum of our own.
select s.relname as relation
  from pg_catalog.pg_stat_all_tables s
  join pg_catalog.pg_class c on c.oid = s.relid
 where s.schemaname = 'shopwright' and c.relkind = 'r'
   and s.n_dead_tup >= %(rows)s and s.n_dead_tup >= %(share)s::float8 * (s.n_live_tup + s.n_dead_tup)
 order by s.n_dead_tup desc;

-- name: indexes
-- The vector indexes of one partition, finished or not.
select c.relname as name, a.amname as kind, x.indisvalid as valid, i.inhparent is not null as attached
  from pg_catalog.pg_index x
  join pg_catalog.pg_class c on c.oid = x.indexrelid
  join pg_catalog.pg_am a on a.oid = c.relam
  left join pg_catalog.pg_inherits i on i.inhrelid = c.oid
 where x.indrelid = format('shopwright.%%I', %(relation)s::text)::regclass and a.amname in ('hnsw', 'ivfflat')
 order by c.relname;

-- name: parents
-- The partitioned vector indexes of a table of vectors.
select c.relname as name, a.amname as kind
  from pg_catalog.pg_index x
  join pg_catalog.pg_class c on c.oid = x.indexrelid
  join pg_catalog.pg_am a on a.oid = c.relam
 where x.indrelid = format('shopwright.%%I', %(relation)s::text)::regclass and a.amname in ('hnsw', 'ivfflat');

-- name: record
-- What an index was built over, or how it was found.
insert into shopwright_private.index_build as known (relation, index, kind, rows, changed, recall)
values (%(relation)s, %(index)s, %(kind)s, %(rows)s, %(changed)s, %(recall)s)
    on conflict (relation) do update
   set index = excluded.index, kind = excluded.kind, rows = excluded.rows, changed = excluded.changed,
       recall = excluded.recall, tended_at = clock_timestamp();

-- name: choose
-- Say which kind of index is to stand over a model's vectors.
update shopwright.embedding_model set index_kind = %(kind)s where index_kind <> %(kind)s returning name;

-- name: samples
-- Some stored vectors of each partition, to ask for their neighbours: pages at random, then rows of those at random.
select relation, merchant_id, e
  from (select c.relname as relation, v.merchant_id, v.e,
               row_number() over (partition by v.tableoid order by random()) as place
          from {parent} v tablesample system (%(percent)s)
          join pg_catalog.pg_class c on c.oid = v.tableoid) drawn
 where place <= %(count)s;

-- name: neighbours
-- The distances of a merchant's nearest vectors.
select e <=> %(e)s::public.halfvec as distance
  from {parent}
 where merchant_id = %(merchant)s
 order by e <=> %(e)s::public.halfvec
 limit %(count)s;
