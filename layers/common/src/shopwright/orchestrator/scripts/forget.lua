-- Remove everything that is kept for one merchant.  KEYS: index, generation.  ARGV: prefix of entries.
-- Gives how many answers the index knew. All keys carry the merchant's hash tag, so that they lie on this node.
local hashes = redis.call('ZRANGE', KEYS[1], 0, -1)
for _, hash in ipairs(hashes) do
    redis.call('UNLINK', ARGV[1] .. hash)
end
redis.call('UNLINK', KEYS[1], KEYS[2])
return #hashes
