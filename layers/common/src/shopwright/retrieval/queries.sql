-- name: hybrid
-- The passages nearest to a question by meaning and by word, of the passport's merchant: one round trip.
select * from shopwright.search_hybrid(
    %(passport)s, %(model)s, %(weights)s, %(vector)b, %(question)s, %(word_weight)s::float8, %(limit)s::int4,
    %(documents)s::text[], %(media_types)s::text[], %(section)s::text[]);

-- name: nearest
-- The passages nearest by meaning alone, without their content.
select * from shopwright.search_vector(%(passport)s, %(model)s, %(weights)s, %(vector)b, %(limit)s::int4);

-- name: nearest_passages
-- The passages nearest by meaning alone, with their content, under row-level security.
select * from shopwright.search_passages(%(passport)s, %(model)s, %(weights)s, %(vector)b, %(limit)s::int4);

-- name: product_passages
-- The passages of products that hold these words, those with the most of them first: one round trip.
select * from shopwright.product_passages(%(passport)s, %(question)s, %(limit)s::int4);

-- name: passage_of_product
-- The passage that tells of a product: one round trip, under row-level security.
select * from shopwright.passage_of_product(%(passport)s, %(product)s);
