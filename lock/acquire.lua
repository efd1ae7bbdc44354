-- acquire.lua: takes the lock if it is free, with a fencing token greater than that of every earlier grant, and raises
-- the fences of what it guards to it.
--
-- A counter that is missing, because it is new or has expired, starts from the server's clock in microseconds, so that
-- tokens grow across that as well.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  the token counter
-- KEYS[3…] fences, as in raise.lua
-- ARGV[1]  the caller's id
-- ARGV[2]  the lease in milliseconds, 0 for none
-- ARGV[3]  the time to live of the counter and of fences in milliseconds
-- reply    the token, as a string, with " stale" behind it if a fence is higher, or false: the lock is held
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
local token, stale = redis.call("get", KEYS[2]), ""
for i = 3, #KEYS do
	local fence = redis.call("get", KEYS[i])
	if fence and (#fence > #token or (#fence == #token and fence > token)) then
		stale = " stale"
	else
		redis.call("set", KEYS[i], token, "px", ARGV[3])
	end
end
return token .. stale
