set local role shopwright_owner;
alter table shopwright.purchase drop column undo_since;
reset role;
