-- What shoppers browse: products by their latest change and by their names.

set local role shopwright_owner;

create index product_by_change on shopwright.product (merchant_id, changed_at desc, id desc) where not withdrawn;
create index product_by_name on shopwright.product (merchant_id, lower(title), id) where not withdrawn;
create index variant_by_sku on shopwright.variant (merchant_id, sku);

-- Is there a variant of it to be had now? Where it is counted, the count says so; else what the merchant says.
create function shopwright.can_be_had(merchant text, product text) returns boolean
language sql stable
set search_path = shopwright, pg_temp
as $$
select exists (
    select from variant v
      left join stock s on s.merchant_id = v.merchant_id and s.product_id = v.product_id and s.sku = v.sku
     where v.merchant_id = merchant and v.product_id = product and not v.withdrawn
       and case when s.on_hand is not null then s.on_hand > s.held
                else not exists (select from product_fact f
                                  where f.merchant_id = merchant and f.product_id = product and f.sku in ('', v.sku)
                                    and f.name = 'availability' and f.words = 'out of stock')
           end)
$$;

revoke all on function shopwright.can_be_had(text, text) from public;
grant execute on function shopwright.can_be_had(text, text) to shopwright_app;

reset role;
