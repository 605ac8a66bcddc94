-- name: standing
-- The generation of the passport's merchant, and the versions that the named facts have now: one round trip.
select * from shopwright.standing(%(passport)s, %(facts)s::text[]);
