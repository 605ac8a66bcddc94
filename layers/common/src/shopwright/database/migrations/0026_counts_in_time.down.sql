set local role shopwright_owner;
drop index shopwright.reservation_sold;
alter table shopwright.feed drop column warned, drop column warned_count;
alter table shopwright.stock drop column counted_at;
reset role;
