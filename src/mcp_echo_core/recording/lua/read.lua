-- Read a record. ARGV: 6 the number after which, 7 how many events. Returns nothing if there is no record, or when it
-- began, the last number, when its session ended and why, how many events wait for their number, and then the events,
-- each as its number and itself.

if redis.call('EXISTS', record) == 0 then
  return false
end
local waiting = settle(patience)
bound(max_bytes)
local facts = redis.call('HMGET', record, 'began', 'sequence', 'ended_at', 'ended_reason')
local found = {facts[1], tonumber(facts[2] or 0), facts[3], facts[4], waiting}
if ARGV[7] ~= '0' then
  for _, entry in ipairs(redis.call('XRANGE', events, '(' .. ARGV[6] .. '-0', '+', 'COUNT', ARGV[7])) do
    found[#found + 1] = tonumber(string.match(entry[1], '%d+'))
    found[#found + 1] = entry[2][2]
  end
end
return found
