-- Give a place back, inside or in line.  KEYS: inside, waiting.  ARGV: ticket.
return redis.call('ZREM', KEYS[1], ARGV[1]) + redis.call('ZREM', KEYS[2], ARGV[1])
