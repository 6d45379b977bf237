-- End a session. ARGV: 4 which: delete one that lives, idle one that has expired, cap any. Returns what was found, and
-- when it was last used.

local last = redis.call('HGET', record, 'last')
if not last then
  return {'absent'}
end
local living = alive(last)
if (ARGV[4] == 'idle' and living) or (ARGV[4] == 'delete' and not living) then
  return {living and 'living' or 'expired', last}
end
for _, stream in ipairs(redis.call('HKEYS', responses)) do
  redis.call('UNLINK', responses .. ':' .. stream)
end
redis.call('UNLINK', record, queue, sent, responses)
redis.call('PUBLISH', record, 'e')
return {'ended', last}
