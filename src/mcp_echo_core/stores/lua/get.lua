-- The record of a session; nothing if it is not there.

local values = redis.call('HMGET', record, unpack(FIELDS))
return alive(values[3]) and reply(values, redis.call('XLEN', queue)) or false
