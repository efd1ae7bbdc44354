-- signal.lua: passes on a signal that was taken by a waiter who no longer waits.
-- While somebody holds the lock there is nothing to pass on: the holder's release signals.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  lock-signal:<name>, the list waiters block on
-- ARGV[1]  the signal's time to live in milliseconds
-- reply    1 signalled, 0 the lock is held
if redis.call("exists", KEYS[1]) == 1 then
	return 0
end
redis.call("del", KEYS[2])
redis.call("lpush", KEYS[2], 1)
redis.call("pexpire", KEYS[2], ARGV[1])
return 1
