set local role shopwright_owner;
drop table shopwright.generation;
reset role;
