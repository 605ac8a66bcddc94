set local role shopwright_owner;
drop function shopwright.find_products(text, uuid[], numeric, numeric, text, boolean, integer);
drop function shopwright.offers_of(text, text[]);
drop index shopwright.product_by_price;
reset role;
