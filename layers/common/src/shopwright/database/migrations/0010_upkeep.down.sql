-- The role belongs to the whole server: it stays, and may act as nobody.
set local role shopwright_owner;
drop table shopwright_private.index_build;
reset role;
revoke shopwright_owner, shopwright_search from shopwright_upkeep;
