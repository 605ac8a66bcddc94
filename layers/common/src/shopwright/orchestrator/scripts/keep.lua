-- Keep an answer, unless a newer generation is known by now, and give the lock back.
-- KEYS: entry, lock, generation, index.
-- ARGV: token, value, generation, soft end ms, hard ms, now ms, longest ms, most, query hash, prefix of entries.
-- Gives 1 when it was kept.
if redis.call('GET', KEYS[2]) == ARGV[1] then
    redis.call('DEL', KEYS[2])
end
local mine, known = tonumber(ARGV[3]), tonumber(redis.call('GET', KEYS[3]) or '')
if known and mine < known then
    return 0
end
if not known or mine > known then
    redis.call('SET', KEYS[3], ARGV[3], 'PX', ARGV[7])
end

-- The index knows a merchant's answers, so that they can be counted, and removed without a scan over anybody else's.
redis.call('ZREMRANGEBYSCORE', KEYS[4], '-inf', ARGV[6])
redis.call('ZREM', KEYS[4], ARGV[9])
local over = redis.call('ZCARD', KEYS[4]) + 1 - tonumber(ARGV[8])
if over > 0 then
    local ended = redis.call('ZPOPMIN', KEYS[4], over)
    for place = 1, #ended, 2 do
        redis.call('UNLINK', ARGV[10] .. ended[place])
    end
end
redis.call('ZADD', KEYS[4], tonumber(ARGV[6]) + tonumber(ARGV[5]), ARGV[9])
redis.call('PEXPIRE', KEYS[4], ARGV[7])

redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'value', ARGV[2], 'generation', ARGV[3], 'soft', ARGV[4], 'kept_by', ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[5])
return 1
