set local role shopwright_owner;
drop function shopwright.can_be_had(text, text);
drop index shopwright.variant_by_sku;
drop index shopwright.product_by_name;
drop index shopwright.product_by_change;
reset role;
