-- What a request does to its session. ARGV: 4 interval and 5 burst of the rate limit in seconds, empty for none; then
-- name and value of whatever the effect has. Returns the record, nothing if there is none, or how early the request was.

local values = redis.call('HMGET', record, unpack(FIELDS))
local last = alive(values[3])
if not last then
  return false
end

local kept, changes = {}, {}
for i, name in ipairs(FIELDS) do
  kept[name] = values[i]
end
local function set(name, value)
  kept[name] = value
  changes[#changes + 1] = name
  changes[#changes + 1] = value
end
local function add(name, number)
  set(name, (tonumber(kept[name] or 0) + number))
end

local effect = {}
for i = 6, #ARGV, 2 do
  effect[ARGV[i]] = ARGV[i + 1]
end

if effect.requests and ARGV[4] ~= '' then
  local mark = math.max(tonumber(kept.rate_mark or 0), now)
  local early = mark - now - tonumber(ARGV[5])
  if early > 0 then
    return string.format('%.17g', early)
  end
  set('rate_mark', string.format('%.17g', mark + tonumber(ARGV[4])))
end
touch(last)
if effect.requests then
  add('requests', tonumber(effect.requests))
end
if effect.busy then
  set('busy', string.format('%.17g', tonumber(kept.busy or 0) + tonumber(effect.busy)))
end
if effect.echo then
  add('echoes', 1)
  set('echo_number', kept.echoes)
  set('last_echo', effect.echo)
end
if effect.replay and kept.last_echo then
  add('replays', 1)
end
if effect.initialized then
  set('initialized', '1')
end
if effect.level then
  set('level', effect.level)
end

local waiting
local function push(message)
  add('sequence', 1)
  waiting = waiting or redis.call('XLEN', queue)
  redis.call('XADD', queue, 'MAXLEN', '=', size, kept.sequence .. '-0', 'm', message)
  if waiting == 0 then
    keep(queue)
  end
  if waiting >= size then
    add('dropped', waiting + 1 - size)
  end
  waiting = math.min(waiting + 1, size)
  redis.call('PUBLISH', record, 'm')
end

if effect.subscribe or effect.unsubscribe or (effect.updated and kept.subscriptions) then
  local uris, wanted = {}, {}
  for _, uri in ipairs(cjson.decode(kept.subscriptions or '[]')) do
    if uri ~= effect.unsubscribe then
      uris[#uris + 1] = uri
      wanted[uri] = true
    end
  end
  if effect.subscribe and not wanted[effect.subscribe] and effect.subscribe ~= effect.unsubscribe then
    uris[#uris + 1] = effect.subscribe
    wanted[effect.subscribe] = true
  end
  if effect.subscribe or effect.unsubscribe then
    set('subscriptions', #uris > 0 and cjson.encode(uris) or '[]')
  end
  if effect.updated and wanted[effect.updated] then
    push(effect.updated_message)
  end
end
if effect.message and tonumber(effect.severity) >= tonumber(kept.level) then
  push(effect.message)
end

if #changes > 0 then
  redis.call('HSET', record, unpack(changes))
end
kept.last = now > last and ARGV[1] or kept.last
kept.last_echo = not effect.echo and kept.last_echo  -- the caller has it
for i, name in ipairs(FIELDS) do
  values[i] = kept[name]
end
return reply(values, waiting or redis.call('XLEN', queue))
