-- The role belongs to the whole server: it stays.
set local role shopwright_statistics;
drop function shopwright.statistics(text);
drop function shopwright.refresh_views();
drop table shopwright_views.refreshed;
drop materialized view shopwright_views.documents;
reset role;
set local role shopwright_owner;
drop schema shopwright_views;
drop policy statistics_reads on shopwright.document;
revoke all on shopwright.document from shopwright_statistics;
revoke all on function shopwright.holder(text) from shopwright_statistics;
revoke all on schema shopwright from shopwright_statistics;
reset role;
