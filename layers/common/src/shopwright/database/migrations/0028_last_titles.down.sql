set local role shopwright_owner;
drop function shopwright.last_titles(text, text[]);
reset role;
