set local role shopwright_owner;
drop function shopwright.search_hybrid(text, text, text, public.halfvec, text, integer);
drop function shopwright.search_vector(text, text, text, public.halfvec, integer);
drop function shopwright.any_word(text);
drop function shopwright.vectors_of(text, text, text);
