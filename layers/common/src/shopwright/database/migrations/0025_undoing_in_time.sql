-- Since when an order is being undone, or an operator last had it tried again: from then on the time is counted that its
-- gateway has for it. How its payment stands may change meanwhile, and says nothing about that.

set local role shopwright_owner;
alter table shopwright.purchase add column undo_since timestamptz;
reset role;
