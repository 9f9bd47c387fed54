import { script } from "./script.ts";

/**
 * Commits one block, or recognises that it was committed before.
 *
 * KEYS  1 headers stream, 2 bodies stream, 3 writers hash
 * ARGV  1 the writer's field for this sequence number, 2 sequence number, 3 header, 4 body
 * Returns the block's stream id: of the first time, if this is a repetition.
 * Errors STALE if the writer has long gone on: the first answer can no longer be known.
 */
export const COMMIT = script(
  3,
  `#!lua
local known = redis.call('HGET', KEYS[3], ARGV[1])
if known then
  local sequence, id = string.match(known, '^(%d+) (.+)$')
  if tonumber(sequence) == tonumber(ARGV[2]) then return id end
  if tonumber(sequence) > tonumber(ARGV[2]) then
    return redis.error_reply('STALE the writer has gone on')
  end
end
local id = redis.call('XADD', KEYS[2], '*', 'b', ARGV[4])
redis.call('XADD', KEYS[1], id, 'h', ARGV[3])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[2] .. ' ' .. id)
return id
`,
);

/**
 * Gives a lane its number, once. Fields are never removed, so their count is the last number given.
 *
 * KEYS  1 lanes hash
 * ARGV  1 the lane's field, 2 most lanes
 * Returns the number. Errors LANES if there are too many.
 */
export const NUMBER_LANE = script(
  1,
  `#!lua
local known = redis.call('HGET', KEYS[1], ARGV[1])
if known then return tonumber(known) end
local count = redis.call('HLEN', KEYS[1])
if count >= tonumber(ARGV[2]) then return redis.error_reply('LANES there are too many lanes') end
redis.call('HSET', KEYS[1], ARGV[1], count + 1)
return count + 1
`,
);

/**
 * Drops a lane's first blocks, headers and bodies together. Allowed when memory is full: it is the
 * way out.
 *
 * KEYS  1 headers stream, 2 bodies stream
 * ARGV  1 the first stream id that is kept
 * Returns how many blocks were dropped.
 */
export const TRIM = script(
  2,
  `#!lua flags=allow-oom
redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])
return redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
`,
);

/**
 * Forgets the commits of writers that have been silent for long, or each start of a process would
 * leave some behind for ever.
 *
 * KEYS  1 writers hash
 * ARGV  1 milliseconds: commits before this are forgotten
 * Returns how many were.
 */
export const FORGET_WRITERS = script(
  1,
  `#!lua flags=allow-oom
local forgotten = 0
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local committed = string.match(all[i + 1], ' (%d+)%-')
  if committed and tonumber(committed) < tonumber(ARGV[1]) then
    forgotten = forgotten + redis.call('HDEL', KEYS[1], all[i])
  end
end
return forgotten
`,
);
