-- extend.lua: sets a new time to live on the lock if the caller owns it and it has one.
--
-- KEYS[1]  lock:<name>, the owner's id
-- ARGV[1]  the caller's id
-- ARGV[2]  the new time to live in milliseconds
-- reply    0 extended, 1 not held by this id, 2 held without a time to live
if redis.call("get", KEYS[1]) ~= ARGV[1] then
	return 1
end
if redis.call("pttl", KEYS[1]) < 0 then
	return 2
end
redis.call("pexpire", KEYS[1], ARGV[2])
return 0
