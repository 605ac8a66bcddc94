-- name: current_generation
-- The generation of the passport's merchant: one round trip.
select shopwright.current_generation(%(passport)s) as number;
