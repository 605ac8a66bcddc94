-- Come in, or wait in line: one round trip. The server's own clock counts, since environments' clocks differ.
-- KEYS: inside (ticket by the end of its lease), waiting (ticket by arrival).
-- ARGV: ticket, at once, waiting at most, wait ms, lease ms.  Gives 1 in, 0 wait, -1 full.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local ticket, at_once, most = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local wait_us, lease_us = tonumber(ARGV[4]) * 1000, tonumber(ARGV[5]) * 1000

redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', string.format('%.0f', now - wait_us))
if redis.call('ZSCORE', KEYS[1], ticket) then
    return 1
end
local place = redis.call('ZRANK', KEYS[2], ticket)
local queued = redis.call('ZCARD', KEYS[2])
if (place or queued) < at_once - redis.call('ZCARD', KEYS[1]) then
    redis.call('ZREM', KEYS[2], ticket)
    redis.call('ZADD', KEYS[1], string.format('%.0f', now + lease_us), ticket)
    redis.call('PEXPIRE', KEYS[1], ARGV[5])
    return 1
end
if place then
    return 0
end
if queued >= most then
    return -1
end
redis.call('ZADD', KEYS[2], string.format('%.0f', now), ticket)
redis.call('PEXPIRE', KEYS[2], ARGV[4])
return 0
