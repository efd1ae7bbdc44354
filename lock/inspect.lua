-- inspect.lua: reads the state of a lock at one moment.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  the queue
-- KEYS[3]  the token counter
-- reply    {owner or "", milliseconds to live or below 0, token or "0", the server's time in microseconds,
--          the queue: waiter, time it came, waiter, ...}
local t = redis.call("time")
return {
	redis.call("get", KEYS[1]) or "",
	redis.call("pttl", KEYS[1]),
	redis.call("get", KEYS[3]) or "0",
	t[1] .. string.format("%06d", t[2]),
	redis.call("zrange", KEYS[2], 0, -1, "withscores"),
}
