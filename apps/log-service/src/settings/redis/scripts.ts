import { script } from "../../store/redis/script.ts";

/**
 * Changes one entry and the version with it. Allowed when memory is full: a leaked key has to be
 * revoked also then, and an entry is small.
 *
 * KEYS  1 settings hash
 * ARGV  1 field of the entry, 2 '1' to set it and '0' to take it out, 3 value, 4 most fields
 * Returns all fields and values. Errors SETTINGS if there are too many.
 */
export const PUT = script(
  1,
  `#!lua flags=allow-oom
if ARGV[2] == '1' then
  if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0
    and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[4]) then
    return redis.error_reply('SETTINGS there are too many')
  end
  redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
else
  redis.call('HDEL', KEYS[1], ARGV[1])
end
redis.call('HINCRBY', KEYS[1], 'version', 1)
return redis.call('HGETALL', KEYS[1])
`,
);
