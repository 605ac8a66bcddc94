-- When a feed's count of an article came, so that what was sold since is known; and what a feed's report says of articles
-- that were taken in and that the merchant will want to look at, such as counts that bring back what was sold.

set local role shopwright_owner;
alter table shopwright.stock add column counted_at timestamptz;
alter table shopwright.feed
    add column warned jsonb not null default '[]',            -- the first of them, each with its reason
    add column warned_count integer not null default 0;
create index reservation_sold on shopwright.reservation (merchant_id, product_id, sku, changed_at) where state = 'sold';
reset role;
