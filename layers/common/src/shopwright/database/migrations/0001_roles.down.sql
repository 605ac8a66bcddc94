-- Roles and extensions belong to the whole server or to others as well: they stay.
set local role shopwright_owner;
drop schema shopwright_private;
drop schema shopwright;
