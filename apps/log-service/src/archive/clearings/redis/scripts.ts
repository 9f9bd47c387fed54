import { script } from "../../../store/redis/script.ts";

/**
 * Notes a clearing that the archive may have records of. Allowed when memory is full: what must not be
 * seen any more has to go also then, and the list is short.
 *
 * KEYS  1 clearings hash
 * ARGV  1 id, 2 its JSON, 3 most of them, 4 the field whose place it takes, or ''
 * Errors CLEARINGS if there are too many.
 */
export const ADD = script(
  1,
  `#!lua flags=allow-oom
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 0 end
local hasPlace = ARGV[4] ~= '' and redis.call('HDEL', KEYS[1], ARGV[4]) == 1
if not hasPlace and redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[3]) then
  return redis.error_reply('CLEARINGS there are too many clearings that are not done')
end
return redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
`,
);
