set local role shopwright_owner;

drop function shopwright.facts_of_variants(text, text[]);

reset role;
