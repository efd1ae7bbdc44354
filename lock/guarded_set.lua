-- guarded_set.lua: sets a value unless the writer's token is older than the fence, which it raises.
--
-- KEYS[1]  the fence, the highest token seen
-- KEYS[2]  the resource
-- ARGV[1]  the token
-- ARGV[2]  the fence's time to live in milliseconds
-- ARGV[3]  the value
-- ARGV[4]  the resource's time to live in milliseconds, 0 for none
-- reply    {1, the value overwritten, nil if there was none}, or {0}: a younger holder has been here
local fence = redis.call("get", KEYS[1])
if fence and (#fence > #ARGV[1] or (#fence == #ARGV[1] and fence > ARGV[1])) then
	return {0}
end
local old = redis.call("get", KEYS[2])
redis.call("set", KEYS[1], ARGV[1], "px", ARGV[2])
if ARGV[4] == "0" then
	redis.call("set", KEYS[2], ARGV[3])
else
	redis.call("set", KEYS[2], ARGV[3], "px", ARGV[4])
end
return {1, old}
