set local role shopwright_owner;
alter table shopwright.document drop column unread_pages;
reset role;
