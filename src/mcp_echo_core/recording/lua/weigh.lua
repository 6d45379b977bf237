-- Take down how large records are. ARGV: 1 bytes and 2 records that there may be, 3 how many are chosen at most, then for
-- each record its name, when its last exchange arrived, and its bytes. Returns the records that have to give way, each
-- with the bytes it may keep, or -1 if it has to go.

local total = tonumber(redis.call('HGET', sizes, '') or 0)
for i = 4, #ARGV, 3 do
  redis.call('ZADD', index, ARGV[i + 1], ARGV[i])
  redis.call('ZADD', holding, ARGV[i + 1], ARGV[i])
  total = weigh(ARGV[i], tonumber(ARGV[i + 2]))
end
local chosen = {}
local surplus = math.min(redis.call('ZCARD', index) - tonumber(ARGV[2]), tonumber(ARGV[3]))
if surplus > 0 then
  for _, subject in ipairs(redis.call('ZRANGE', index, 0, surplus - 1)) do
    strike(subject)
    chosen[#chosen + 1] = subject
    chosen[#chosen + 1] = '-1'
  end
  total = tonumber(redis.call('HGET', sizes, ''))
end
while total > tonumber(ARGV[1]) and #chosen < 2 * tonumber(ARGV[3]) do
  local subject = redis.call('ZRANGE', holding, 0, 0)[1]
  if not subject then
    break
  end
  local left = math.max(0, tonumber(redis.call('HGET', sizes, subject) or 0) - (total - tonumber(ARGV[1])))
  total = weigh(subject, left)
  chosen[#chosen + 1] = subject
  chosen[#chosen + 1] = string.format('%.0f', left)
end
return chosen
