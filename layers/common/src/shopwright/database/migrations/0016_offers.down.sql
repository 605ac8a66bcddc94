set local role shopwright_owner;
drop function shopwright.facts_of_product(text, text, text);
drop function shopwright.find_products(text, uuid[], text[], numeric, numeric, text, boolean, integer);
drop function shopwright.offers_of(text, text[]);
drop index shopwright.product_by_price;
reset role;
