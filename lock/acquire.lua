-- acquire.lua: takes the lock if it is free, with a fencing token greater than that of every earlier grant.
--
-- A counter that is missing, because it is new or has expired, starts from the server's clock in microseconds, so that
-- tokens grow across that as well.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  the token counter
-- ARGV[1]  the caller's id
-- ARGV[2]  the lease in milliseconds, 0 for none
-- ARGV[3]  the counter's time to live in milliseconds
-- reply    the token, as a string, or false: the lock is held
local taken
if ARGV[2] == "0" then
	taken = redis.call("set", KEYS[1], ARGV[1], "nx")
else
	taken = redis.call("set", KEYS[1], ARGV[1], "nx", "px", ARGV[2])
end
if not taken then
	return false
end
if redis.call("incr", KEYS[2]) == 1 then
	local now = redis.call("time")
	redis.call("set", KEYS[2], now[1] .. string.format("%06d", now[2]))
	redis.call("incr", KEYS[2])
end
redis.call("pexpire", KEYS[2], ARGV[3])
return redis.call("get", KEYS[2])
