-- Take ended sessions out of the books, each once however often it is told. ARGV: 1 the reason, 2 the session timeout in
-- seconds, then ids and when each ended, empty for when it would have expired. Returns how many that were.

local lifetimes = {}
for i = 3, #ARGV, 2 do
  local id, ended = ARGV[i], tonumber(ARGV[i + 1])
  ended = ended or tonumber(redis.call('ZSCORE', index, id) or 0) + tonumber(ARGV[2])
  if redis.call('ZREM', index, id) == 1 then
    lifetimes[#lifetimes + 1] = ended - tonumber(redis.call('HGET', born, id) or ended)
    redis.call('ZREM', implicit, id)
    redis.call('HDEL', born, id)
  end
end
if #lifetimes > 0 then
  count_ended(ARGV[1], lifetimes)
end
return #lifetimes
