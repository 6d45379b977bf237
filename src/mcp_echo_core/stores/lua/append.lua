-- Keep a message of a response stream. ARGV: 4 the stream, 5 whether it is complete now, 6 how many streams are kept, 7
-- sequence number and 8 message, or neither. Returns whether another connection has continued the stream.

local stream, complete = ARGV[4], ARGV[5]
if not alive() then
  return 0
end

-- The oldest stream makes room, a finished one first: what still runs may yet be asked for.
local function make_room()
  local states = redis.call('HGETALL', responses)
  local oldest, age
  for i = 1, #states, 2 do
    local order = tonumber(string.sub(states[i + 1], 3)) + (string.sub(states[i + 1], 1, 1) == 'c' and 0 or 1e15)
    if not age or order < age then
      oldest, age = states[i], order
    end
  end
  redis.call('HDEL', responses, oldest)
  redis.call('UNLINK', responses .. ':' .. oldest)
  redis.call('PUBLISH', record, 'r' .. oldest)
end

local state = redis.call('HGET', responses, stream)
local resumed = state and string.sub(state, 2, 2) or '-'
local order = state and string.sub(state, 3) or redis.call('HINCRBY', record, 'streams', 1)
if not state and redis.call('HLEN', responses) >= tonumber(ARGV[6]) then
  make_room()
end
redis.call('HSET', responses, stream, (complete == '1' and 'c' or '-') .. resumed .. order)
keep(responses)
if ARGV[8] then
  redis.call('XADD', log, 'MAXLEN', '=', size, ARGV[7] .. '-0', 'm', ARGV[8])
  keep(log)
end
redis.call('PUBLISH', record, 'r' .. stream)
return resumed == 'r' and 1 or 0
