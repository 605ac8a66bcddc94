-- What lies at a key, and who computes it if nothing fresh does: one round trip.
-- KEYS: entry, lock, generation.  ARGV: token, lock ms, now ms.
-- Gives {state (0 missing, 1 stale, 2 fresh), leads, value, kept_by}.
local function lead()
    return redis.call('SET', KEYS[2], ARGV[1], 'NX', 'PX', ARGV[2]) and 1 or 0
end

local kept = redis.pcall('HMGET', KEYS[1], 'value', 'soft', 'generation', 'kept_by')
local known = redis.pcall('GET', KEYS[3])
local generation = type(known) == 'string' and tonumber(known) or nil
local soft, of = tonumber(kept[2] or ''), tonumber(kept[3] or '')

if kept.err or not (kept[1] and soft and of) or (generation and of < generation) then
    redis.call('UNLINK', KEYS[1])
    return {0, lead()}
end
if soft <= tonumber(ARGV[3]) then
    return {1, lead(), kept[1], kept[4] or ''}
end
return {2, 0, kept[1], kept[4] or ''}
