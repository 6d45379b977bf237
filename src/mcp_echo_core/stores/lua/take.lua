-- Hand messages to one stream. ARGV: 4 the stream, 5 the last sequence number it has seen, or empty, 6 whether it is
-- known to be a response stream. Returns nothing if there is no session or nothing more can come; otherwise whether it
-- is a response stream, how many of the messages are repeated, and the messages.

local stream, after = ARGV[4], ARGV[5]
local last = alive()
if not last then
  return false
end
touch(last)

local state = redis.call('HGET', responses, stream)
if state then
  local complete = string.sub(state, 1, 1)
  redis.call('HSET', responses, stream, complete .. 'r' .. string.sub(state, 3))
  local found = flatten(redis.call('XRANGE', log, (after == '' and '0' or after) .. '-1', '+'), {1, 0})
  return (#found > 2 or complete ~= 'c') and found or false
elseif ARGV[6] == '1' then
  return false  -- forgotten in favour of younger ones
end

local found = {0, 0}
if after ~= '' then
  for _, entry in ipairs(redis.call('XRANGE', sent, '-', '+')) do
    local name, number, message = entry[2][2], entry[2][4], entry[2][6]
    if name == stream and tonumber(number) > tonumber(after) then
      found[#found + 1] = number
      found[#found + 1] = message
    end
  end
  found[2] = (#found - 2) / 2
end
local fresh = flatten(redis.call('XRANGE', queue, '-', '+'), {})
for i = 1, #fresh, 2 do
  redis.call('XADD', sent, 'MAXLEN', '=', size, '*', 's', stream, 'n', fresh[i], 'm', fresh[i + 1])
  found[#found + 1] = fresh[i]
  found[#found + 1] = fresh[i + 1]
end
if #fresh > 0 then
  redis.call('DEL', queue)
  keep(sent)
end
return found
