-- Add to a record. ARGV: 6 when its first exchange arrived, empty if there is only an end, 7 the same of the last, 8 how
-- many were lost before these, 9 when its session ended and 10 why, or empty, then for each event when it was complete
-- and the event. Returns when its last exchange arrived and how many bytes it has, or nothing if there is no record.

if ARGV[6] == '' and redis.call('EXISTS', record) == 0 then
  return false
end
if ARGV[6] ~= '' then
  redis.call('HSETNX', record, 'began', ARGV[6])
  if tonumber(ARGV[7]) > tonumber(redis.call('HGET', record, 'last') or 0) then
    redis.call('HSET', record, 'last', ARGV[7])
  end
end
if ARGV[8] ~= '0' then
  redis.call('HINCRBY', record, 'sequence', ARGV[8])
end
if ARGV[9] ~= '' and redis.call('HSETNX', record, 'ended_at', ARGV[9]) == 1 then
  redis.call('HSET', record, 'ended_reason', ARGV[10])
end
local size = 0
for i = 11, #ARGV, 2 do
  local arrival = redis.call('HINCRBY', record, 'arrivals', 1)
  redis.call('ZADD', arriving, ARGV[i], string.format('%012.0f%013.0f', arrival, now) .. ARGV[i + 1])
  size = size + #ARGV[i + 1] + beside
end
redis.call('HINCRBY', record, 'bytes', size)
settle(patience)
local held = bound(max_bytes)
keep()
redis.call('PUBLISH', record, 'm')
return {redis.call('HGET', record, 'last'), held}
