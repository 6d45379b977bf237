-- Take ended sessions out of the books, each once however often it is told. KEYS: index, implicit, born, totals. ARGV: 1
-- the reason, 2 the session timeout in seconds, then ids and when each ended, empty for when it would have expired.
-- Returns how many that were.

local index, implicit, born, totals = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local count, lifetime = 0, 0
for i = 3, #ARGV, 2 do
  local id, ended = ARGV[i], tonumber(ARGV[i + 1])
  ended = ended or tonumber(redis.call('ZSCORE', index, id) or 0) + tonumber(ARGV[2])
  if redis.call('ZREM', index, id) == 1 then
    count = count + 1
    lifetime = lifetime + ended - tonumber(redis.call('HGET', born, id) or ended)
    redis.call('ZREM', implicit, id)
    redis.call('HDEL', born, id)
  end
end
if count > 0 then
  redis.call('HINCRBY', totals, ARGV[1], count)
  redis.call('HINCRBYFLOAT', totals, 'lifetime', string.format('%.6f', lifetime))
end
return count
