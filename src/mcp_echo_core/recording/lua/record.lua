-- What all scripts on one record begin with. KEYS: 1 the record, also its channel, 2 what waits for its number, 3 the
-- numbered events. ARGV: 1 milliseconds after which the keys may go, 2 events and 3 bytes a record may have, 4 bytes an
-- event counts as beside its own, 5 milliseconds that an event waits for its number.
--
-- What waits is a sorted set by the time at which the exchange was complete; a member is 12 digits that count arrivals,
-- 13 digits of milliseconds at which it came here, and the event.

local record, arriving, events = KEYS[1], KEYS[2], KEYS[3]
local max_events, max_bytes, beside, patience = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)

-- Number what has waited long enough; how many still wait.
local function settle(waited)
  local waiting = 0
  for _, member in ipairs(redis.call('ZRANGE', arriving, 0, -1)) do
    if now - tonumber(string.sub(member, 13, 25)) >= waited then
      local sequence = redis.call('HINCRBY', record, 'sequence', 1)
      redis.call('XADD', events, string.format('%.0f-0', sequence), 'm', string.sub(member, 26))
      redis.call('ZREM', arriving, member)
    else
      waiting = waiting + 1
    end
  end
  return waiting
end

-- Take away the oldest events until the limits are kept.
local function bound(bytes)
  local held = tonumber(redis.call('HGET', record, 'bytes') or 0)
  local surplus = redis.call('XLEN', events) - max_events
  while surplus > 0 or held > bytes do
    local gone = {}
    for _, entry in ipairs(redis.call('XRANGE', events, '-', '+', 'COUNT', 50)) do
      if surplus <= 0 and held <= bytes then
        break
      end
      gone[#gone + 1] = entry[1]
      held = held - #entry[2][2] - beside
      surplus = surplus - 1
    end
    if #gone == 0 then
      break
    end
    redis.call('XDEL', events, unpack(gone))
  end
  redis.call('HSET', record, 'bytes', string.format('%.0f', held))
  return held
end

local function keep()
  for _, key in ipairs(KEYS) do
    redis.call('PEXPIRE', key, ARGV[1])
  end
end
