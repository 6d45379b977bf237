-- Forget a record, unless an exchange has arrived after ARGV[6]. Returns whether it is not there any more.

local last = redis.call('HGET', record, 'last')
if last and tonumber(last) > tonumber(ARGV[6]) then
  return 0
end
redis.call('UNLINK', record, arriving, events)
redis.call('PUBLISH', record, 'm')
return 1
