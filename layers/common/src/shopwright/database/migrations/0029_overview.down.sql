set local role shopwright_owner;
drop function shopwright.overview_of(text, integer);
reset role;
