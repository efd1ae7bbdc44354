-- serve.lua: gives a lock that was just freed with a signal to the first in line, unless somebody took the signal. Then
-- the queue stands back for a moment, or those who come to it now would take the lock from under the other's hands.
--
-- KEYS     as in grant.lua
-- ARGV[1]  the caller's hub, or "": its waiters are told by the caller
-- reply    1 given, 0 not, {number, token} granted to this waiter of the caller's hub
if call("exists", KEYS[3]) == 0 then
	call("del", KEYS[4])
	return 0
end
if call("exists", KEYS[1]) == 1 then
	return 0
end
if call("llen", KEYS[2]) == 0 then
	call("hset", KEYS[4], "", now())
	return 0
end
local served = serve(1, ARGV[1])
if not served then
	call("del", KEYS[4])
	return 0
end
call("del", KEYS[2])
return served == true and 1 or served
