-- Take a new session into the books. ARGV: 1 the caller's time, 2 the session timeout in seconds, 3 sessions that may
-- live, 4 the id, 5 when it was created, 6 whether it was asked for. Returns what happened, and whom it concerns:
-- admitted and who made room, late and who seems to have expired, or full.

local made_room
if redis.call('ZCARD', index) >= tonumber(ARGV[3]) then
  local latest = string.format('%.17g', tonumber(ARGV[1]) - tonumber(ARGV[2]))
  local late = redis.call('ZRANGEBYSCORE', index, '-inf', latest, 'LIMIT', 0, 500)
  if #late > 0 then
    return {'late', unpack(late)}
  end
  made_room = redis.call('ZPOPMIN', implicit)[1]
  if not made_room then
    return {'full'}
  end
  redis.call('ZREM', index, made_room)
  count_ended('cap', {ARGV[1] - (redis.call('HGET', born, made_room) or ARGV[1])})
  redis.call('HDEL', born, made_room)
end
redis.call('ZADD', index, ARGV[1], ARGV[4])
redis.call('HSET', born, ARGV[4], ARGV[5])
if ARGV[6] == '' then
  redis.call('ZADD', implicit, ARGV[5], ARGV[4])
end
redis.call('HINCRBY', totals, 'created', 1)
return {'admitted', made_room}
