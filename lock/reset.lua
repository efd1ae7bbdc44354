-- reset.lua: frees the lock whoever holds it and leaves one signal for a waiter.
--
-- KEYS[1]  lock:<name>, the owner's id
-- KEYS[2]  lock-signal:<name>, the list waiters block on
-- ARGV[1]  the signal's time to live in milliseconds
-- reply    1 the lock was held, 0 it was free
redis.call("del", KEYS[2])
redis.call("lpush", KEYS[2], 1)
redis.call("pexpire", KEYS[2], ARGV[1])
return redis.call("del", KEYS[1])
