set local role shopwright_search;
drop function shopwright.current_generation(text);
reset role;
