-- handover.lua: gives the lock to the first in line who is alive or, with nobody there, frees it as release.lua does.
-- A waiter who gives up leaves the queue; only if it was granted the lock meanwhile is there anything to hand over.
--
-- KEYS     as in grant.lua
-- ARGV[1]  the caller's id
-- ARGV[2]  the signal's time to live in milliseconds
-- ARGV[3]  how many grants it will be since one went through the signal
-- ARGV[4]  the waiter who gives up, as written in the queue, or ""
-- ARGV[5]  the caller's hub, or "": its waiters are told by the caller
-- reply    0 done, 1 not held by this id, {number, token} granted to this waiter of the caller's hub
if ARGV[4] ~= "" and call("zrem", KEYS[3], ARGV[4]) == 1 then
	forget_hubs()
	return 0
end
if call("get", KEYS[1]) ~= ARGV[1] then
	return 1
end
local served = serve(ARGV[3], ARGV[5])
if served then
	return served == true and 0 or served
end
-- Nobody waits: what follows is release.lua.
if call("pexpire", KEYS[2], ARGV[2]) == 0 then
	call("lpush", KEYS[2], 1)
	call("pexpire", KEYS[2], ARGV[2])
end
call("del", KEYS[1], KEYS[4])
return 0
