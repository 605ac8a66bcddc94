set local role shopwright_search;
drop function shopwright.standing(text, text[]);
reset role;
