-- Put before every script about one session. All keys carry the session's id as their hash tag: one slot of a cluster.
-- KEYS: record, queue, sent, responses, and for a response stream its log. The channel has the record's name.
-- ARGV: 1 the caller's time, 2 the session timeout, both in seconds, 3 messages that an outbox holds.

local record, queue, sent, responses, log = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local now, timeout, size = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])

-- Expiry is decided by the callers' clock. Redis's own only collects what no instance has swept.
local TTL = math.ceil(2000 * timeout) + 60000

local FIELDS = {
  'fixed', 'created', 'last', 'initialized', 'requests', 'echoes', 'replays', 'echo_number', 'busy', 'level',
  'subscriptions', 'dropped', 'rate_mark', 'last_echo', 'sequence',
}

-- When the session was last used; nil if it is not there or has expired.
local function alive(last)
  last = tonumber(last or redis.call('HGET', record, 'last'))
  return last and now - last < timeout and last or nil
end

local function keep(key)
  redis.call('PEXPIRE', key, TTL)
end

-- Count this as activity; times to live are renewed a few times per timeout, not with every request.
local function touch(last)
  if now > last then
    redis.call('HSET', record, 'last', ARGV[1])
  end
  local quarter = timeout / 4
  if math.floor(now / quarter) ~= math.floor(last / quarter) then
    for i = 1, 4 do
      keep(KEYS[i])
    end
  end
end

-- A stream's entries as sequence, message, sequence, message...
local function flatten(entries, found)
  for _, entry in ipairs(entries) do
    found[#found + 1] = string.match(entry[1], '^%d+')
    found[#found + 1] = entry[2][2]
  end
  return found
end

-- The record as the store reads it: the values of FIELDS, and how many messages wait.
local function reply(values, waiting)
  values[#FIELDS] = waiting
  return values
end
