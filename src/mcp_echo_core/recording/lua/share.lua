-- Keep a view key. ARGV: 1 the key, 2 the record. What is shared before it begins is silent from now on.

redis.call('HSET', views, ARGV[1], ARGV[2])
redis.call('HSET', viewed, ARGV[2], (redis.call('HGET', viewed, ARGV[2]) or '') .. ' ' .. ARGV[1])
redis.call('ZADD', index, 'NX', redis.call('TIME')[1], ARGV[2])
return 1
