-- Take the oldest events from a record until it has no more than ARGV[6] bytes. Returns as append.lua does.

if redis.call('EXISTS', record) == 0 then
  return false
end
settle(0)
local held = bound(tonumber(ARGV[6]))
keep()
redis.call('PUBLISH', record, 'm')
return {redis.call('HGET', record, 'last'), held}
