-- Remove the very answer that was refused, and not one that took its place; take note of the generation that it lacked.
-- KEYS: entry, generation, index.  ARGV: kept_by, query hash, generation or '', longest ms.
local by = redis.pcall('HGET', KEYS[1], 'kept_by')
if type(by) == 'table' or (by or '') == ARGV[1] then
    redis.call('UNLINK', KEYS[1])
    redis.call('ZREM', KEYS[3], ARGV[2])
end
local known = tonumber(redis.call('GET', KEYS[2]) or '')
if ARGV[3] ~= '' and (not known or tonumber(ARGV[3]) > known) then
    redis.call('SET', KEYS[2], ARGV[3], 'PX', ARGV[4])
end
return 1
