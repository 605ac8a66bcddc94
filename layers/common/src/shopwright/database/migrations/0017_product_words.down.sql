set local role shopwright_search;
drop function shopwright.product_passages(text, text, integer);
reset role;

set local role shopwright_owner;
drop function shopwright.passage_of_product(text, text);
drop index shopwright.passage_of_product;
revoke select on shopwright.product_passage from shopwright_search;
drop policy search_reads on shopwright.product_passage;
reset role;
