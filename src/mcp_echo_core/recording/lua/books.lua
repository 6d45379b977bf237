-- What all scripts on the books begin with: the sizes of all records, which were silent longest, and their view keys.
-- KEYS: 1 all records and 2 those with events, by when their last exchange arrived, 3 bytes by record, their sum under
-- the empty name, 4 records by view key, 5 view keys by record.

local index, holding, sizes, views, viewed = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function weigh(subject, bytes)
  local difference = bytes - tonumber(redis.call('HGET', sizes, subject) or 0)
  redis.call('HSET', sizes, subject, string.format('%.0f', bytes))
  if bytes == 0 then
    redis.call('ZREM', holding, subject)
  end
  return redis.call('HINCRBY', sizes, '', string.format('%.0f', difference))
end

local function strike(subject)
  weigh(subject, 0)
  redis.call('HDEL', sizes, subject)
  redis.call('ZREM', index, subject)
  for view in string.gmatch(redis.call('HGET', viewed, subject) or '', '%S+') do
    redis.call('HDEL', views, view)
  end
  redis.call('HDEL', viewed, subject)
end
