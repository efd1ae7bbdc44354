-- acquire.lua: takes the lock if it is free, with a fencing token greater than that of every earlier grant, and raises
-- the fences of what it guards to it.
--
-- The lock comes last: a script that fails halfway, for a key of another type or a right that is missing, is not undone,
-- and a lock that nobody knows of would stay.
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
local call = redis.call
if call("exists", KEYS[1]) == 1 then
	return false
end
if call("incr", KEYS[2]) == 1 then
	local now = call("time")
	call("set", KEYS[2], now[1] .. string.format("%06d", now[2]))
	call("incr", KEYS[2])
end
call("pexpire", KEYS[2], ARGV[3])
local token, stale = call("get", KEYS[2]), ""
for i = 3, #KEYS do
	local fence = call("get", KEYS[i])
	if fence and (#fence > #token or (#fence == #token and fence > token)) then
		stale = " stale"
	else
		call("set", KEYS[i], token, "px", ARGV[3])
	end
end
if ARGV[2] == "0" then
	call("set", KEYS[1], ARGV[1])
else
	call("set", KEYS[1], ARGV[1], "px", ARGV[2])
end
return token .. stale
