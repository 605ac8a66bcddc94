-- How many pages of a document could not be read, while the others were.

set local role shopwright_owner;
alter table shopwright.document add column unread_pages integer not null default 0;   -- of the newest that was read
reset role;
