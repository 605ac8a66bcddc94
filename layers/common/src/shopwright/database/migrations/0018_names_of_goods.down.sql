set local role shopwright_search;
drop function shopwright.names_of_goods(text, text[]);
reset role;

set local role shopwright_owner;
revoke select on shopwright.product, shopwright.product_fact from shopwright_search;
drop policy search_reads on shopwright.product_fact;
drop policy search_reads on shopwright.product;
drop index shopwright.brand_by_words;
drop index shopwright.product_by_words;
drop function shopwright.plain_name(text);
reset role;
