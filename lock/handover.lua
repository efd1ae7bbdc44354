-- handover.lua: gives the lock to the first in line who is alive or, with nobody there, frees it as release.lua does.
-- A waiter who gives up leaves the queue; only if it was granted the lock meanwhile is there anything to hand over.
--
-- Now and then the lock is left free for a moment first, and with no signal, so that it can be had by those who only ask:
-- they leave no trace when they are refused. The first in line is told, and takes it after that. Until then it stays free
-- when one of them releases it, for there may be more.
--
-- KEYS     as in grant.lua
-- ARGV[1]  the caller's id
-- ARGV[2]  the signal's time to live in milliseconds
-- ARGV[3]  how many grants it will be since one went through the signal
-- ARGV[4]  the waiter who gives up, as written in the queue, or ""
-- ARGV[5]  the caller's hub, or "": its waiters are told by the caller
-- ARGV[6]  how many milliseconds there have to be between two such moments, 0 for none now
-- ARGV[7]  should that be forgotten here: 1 if the caller knows that there was none for so long, 2 if it knows that
--          there was one, 0 if it does not know
-- reply    0 done, 1 not held by this id, {number, token} granted to this waiter of the caller's hub, {number, token, turn,
--          rest} the same, or done for number 0, but it is rest milliseconds too early for such a moment, 5 free for a
--          moment, {number} the same, and this waiter of the caller's hub is the first in line
if ARGV[4] ~= "" and call("zrem", KEYS[3], ARGV[4]) == 1 then
	local called = call("exists", KEYS[1]) == 0 and call_first(ARGV[3], ARGV[5]) -- it may be who was to take it
	forget_hubs()
	return called and called ~= true and called or 0
end
if call("get", KEYS[1]) ~= ARGV[1] then
	return 1
end
local rest = 0
if ARGV[6] ~= "0" then
	local last = call("hget", KEYS[4], "-")
	if lately(last, MOMENT) then
		call("hset", KEYS[4], "*", 1)
		call("del", KEYS[1])
		return 0
	end
	local since = last or ARGV[7] == "0" and call("hget", KEYS[4], ".")
	if since then -- a clock that was set back is not waited for
		rest = ARGV[6] * 1000 - math.abs(tonumber(now()) - tonumber(since))
	elseif ARGV[7] == "0" then
		call("hset", KEYS[4], ".", now())
		call("pexpire", KEYS[4], 2 * SILENT / 1000)
	end
	local called = (since or ARGV[7] == "1") and rest <= 0 and call_first(ARGV[3], ARGV[5])
	if called then
		call("hset", KEYS[4], "-", now())
		call("hdel", KEYS[4], "*")
		call("pexpire", KEYS[4], 2 * SILENT / 1000)
		call("del", KEYS[1])
		return called == true and 5 or called
	end
end
local served = serve(ARGV[3], ARGV[5])
if served and rest > 0 then
	served = served == true and {"0", "0"} or served
	served[3], served[4] = tonumber(ARGV[3]), math.ceil(rest / 1000)
end
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
