-- Put messages back that were handed to a stream which has gone. ARGV: 4 the stream, then their sequence numbers.

if not redis.call('HGET', record, 'last') then
  return 0
end
local returned = {}
for i = 5, #ARGV do
  returned[ARGV[i]] = true
end
local messages = {}
for _, entry in ipairs(redis.call('XRANGE', sent, '-', '+')) do
  if entry[2][2] == ARGV[4] and returned[entry[2][4]] then
    redis.call('XDEL', sent, entry[1])
    messages[#messages + 1] = entry[2][4]
    messages[#messages + 1] = entry[2][6]
  end
end
local count = #messages / 2
if count > 0 then
  -- They are older than what waits by now, and a stream only grows at its end: it is written anew.
  flatten(redis.call('XRANGE', queue, '-', '+'), messages)
  redis.call('DEL', queue)
  for i = 1, #messages, 2 do
    redis.call('XADD', queue, 'MAXLEN', '=', size, messages[i] .. '-0', 'm', messages[i + 1])
  end
  keep(queue)
  if #messages / 2 > size then
    redis.call('HINCRBY', record, 'dropped', #messages / 2 - size)
  end
  redis.call('PUBLISH', record, 'm')
end
return count
