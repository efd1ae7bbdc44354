-- release.lua: frees the lock if the caller owns it and leaves one signal for a waiter.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  lock-signal:<name>, the list waiters block on
-- KEYS[3]  the queue of a fair lock of that name; left out to pay no heed to it
-- ARGV[1]  the caller's id
-- ARGV[2]  the signal's time to live in milliseconds
-- reply    0 released, 1 not held by this id, 3 nothing was done: there is a queue, see handover.lua
local call = redis.call -- looked up once: every owner runs this
if call("get", KEYS[1]) ~= ARGV[1] then
	return 1
end
if KEYS[3] and call("exists", KEYS[3]) == 1 then
	return 3
end
-- A signal that is still there was taken by nobody, so nobody blocks on it: it is kept, for as long as a new one.
if call("pexpire", KEYS[2], ARGV[2]) == 0 then
	call("lpush", KEYS[2], KEYS[3] and 1 or 0) -- whoever takes it need not look, but it tells who has left it
	call("pexpire", KEYS[2], ARGV[2])
end
call("del", KEYS[1])
return 0
