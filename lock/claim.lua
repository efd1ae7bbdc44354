-- claim.lua: for a signal that the caller has taken on behalf of those in line, gives the lock to the first of them; with
-- nobody there, the signal is put back for others.
--
-- KEYS     as in grant.lua
-- ARGV[1]  the caller's hub, whose waiters are told by the caller
-- ARGV[2]  1 if it was a program that knows of no queue that left the signal
-- ARGV[3]  the signal's time to live in milliseconds
-- ARGV[4]  which release goes through the signal
-- ARGV[5]  1 if the caller has yet to learn that it took one: nothing is put back
-- reply    0 the lock is held, or left free for who only asks, or nobody waits, 1 given, {number, token, turn} granted to this waiter of the caller's hub
if call("exists", KEYS[1]) == 1 then
	return 0 -- the holder's release signals, or serves the queue
end
-- Each process with waiters blocks on the signal once, so the queue has one turn for each. In a turn as many are served
-- as it has on average: then a waiter in line has the lock as often as one who blocks by himself.
local hubs = sweep_hubs()
local share = math.min(math.ceil(call("zcard", KEYS[3]) / math.max(hubs, 1)), tonumber(ARGV[4]))
if hubs > 0 then
	call("hdel", KEYS[4], "") -- whoever took it in turn is the caller, or has had the lock
	if ARGV[2] == "1" then
		call("hset", KEYS[4], "+", now())
	end
end
if lately(call("hget", KEYS[4], "-"), MOMENT) then
	call("hset", KEYS[4], "*", 1)
	return 0 -- see handover.lua: then the first in line takes it
end
local turn = ARGV[4] - share
local served = serve(turn, ARGV[1])
if not served and ARGV[5] == "1" then
	forget_hubs()
	return 0
end
if not served then
	call("del", KEYS[2], KEYS[4])
	call("lpush", KEYS[2], 1)
	call("pexpire", KEYS[2], ARGV[3])
	return 0
end
if served == true then
	return 1
end
served[3] = turn
return served
