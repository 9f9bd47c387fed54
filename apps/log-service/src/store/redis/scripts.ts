import { COUNT_FIELD, DROPPED_FIELD, LAST_FIELD } from "./keys.ts";
import { script } from "./script.ts";

/**
 * Lua that every script which adds an entry to a lane begins with, so that all of a lane's streams
 * share one growing sequence: the server's clock, never below the last id. `writers` is the lane's
 * hash; `next_id` notes what it gives.
 */
export const NEXT_ID = `
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function next_id(writers)
  local major, minor = now_ms(), 0
  local last = redis.call('HGET', writers, '${LAST_FIELD}')
  if last then
    local a, b = string.match(last, '^(%d+)-(%d+)$')
    if tonumber(a) >= major then major, minor = tonumber(a), tonumber(b) + 1 end
  end
  local id = string.format('%.0f-%.0f', major, minor)
  redis.call('HSET', writers, '${LAST_FIELD}', id)
  return id
end
`;

/**
 * Commits one block, or recognises that it was committed before: by its writer's sequence number, or
 * by an idempotency key. Results by key lie in two hashes: when the first is full or old, it takes
 * the place of the second.
 *
 * KEYS  1 headers stream, 2 bodies stream, 3 filters stream, 4 writers hash, 5 results hash,
 *       6 older results hash
 * ARGV  1 the writer's field for this sequence number, 2 sequence number, 3 records, 4 header,
 *       5 body, 6 token filter or "", 7 idempotency key or "", 8 milliseconds and 9 number of keys
 *       that the first results hash is for
 * Returns the block's stream id: of the first time, if this is a repetition.
 * Errors STALE if the writer has long gone on: the first answer can no longer be known; REUSED if the
 *       key was used for another number of records; FORGOTTEN if the writer's lane was emptied, and
 *       with it most likely the list of lanes, without which nobody finds what is written there.
 */
export const COMMIT = script(
  6,
  `#!lua
${NEXT_ID}
if tonumber(ARGV[2]) > 1 and redis.call('HLEN', KEYS[4]) == 0 then
  return redis.error_reply('FORGOTTEN the lane is not there any more')
end
local known = redis.call('HGET', KEYS[4], ARGV[1])
if known then
  local sequence, id = string.match(known, '^(%d+) (.+)$')
  if tonumber(sequence) == tonumber(ARGV[2]) then return id end
  if tonumber(sequence) > tonumber(ARGV[2]) then
    return redis.error_reply('STALE the writer has gone on')
  end
end
local key = ARGV[7]
if key ~= '' then
  local result = redis.call('HGET', KEYS[5], key) or redis.call('HGET', KEYS[6], key)
  if result then
    local id, records = string.match(result, '^(%S+) (%d+)$')
    if records ~= ARGV[3] then
      return redis.error_reply('REUSED the key was used for ' .. records .. ' records')
    end
    return id
  end
end
local id = next_id(KEYS[4])
local before = redis.call('HGET', KEYS[4], '${COUNT_FIELD}') or '0'
redis.call('XADD', KEYS[2], id, 'b', ARGV[5])
if ARGV[6] ~= '' then redis.call('XADD', KEYS[3], id, 'f', ARGV[6]) end
redis.call('XADD', KEYS[1], id, 'h', ARGV[4], 'n', before)
redis.call('HSET', KEYS[4], ARGV[1], ARGV[2] .. ' ' .. id,
  '${COUNT_FIELD}', string.format('%.0f', tonumber(before) + tonumber(ARGV[3])))
if key ~= '' then
  local now = now_ms()
  local began = redis.call('HGET', KEYS[5], '#')
  if began and (now - tonumber(began) > tonumber(ARGV[8])
      or redis.call('HLEN', KEYS[5]) > tonumber(ARGV[9])) then
    redis.call('RENAME', KEYS[5], KEYS[6])
    began = false
  end
  redis.call('HSET', KEYS[5], key, id .. ' ' .. ARGV[3])
  if not began then
    redis.call('HSET', KEYS[5], '#', string.format('%.0f', now))
    redis.call('PEXPIRE', KEYS[5], ARGV[8] * 2)
  end
end
return id
`,
);

/**
 * Asks for what a commit and a look at a lane need, of a key that is not there: nothing is written,
 * and the server refuses it as it would refuse them, for its memory, its disk, its role or its rights.
 *
 * KEYS  1 no key
 */
export const PROBE = script(
  1,
  `#!lua
redis.call('XADD', KEYS[1], 'NOMKSTREAM', '*', 'p', '')
redis.call('XTRIM', KEYS[1], 'MINID', '0')
redis.call('HDEL', KEYS[1], 'p')
redis.call('XRANGE', KEYS[1], '-', '+', 'COUNT', 1)
redis.call('HGETALL', KEYS[1])
return 1
`,
);

/**
 * Gives the lanes of a namespace their numbers, once. Fields are never removed, so all numbers follow
 * the greatest; the first is made of the time, or ids would come twice after a server lost its data.
 *
 * KEYS  1 lanes hash
 * ARGV  1 namespace, 2 lanes wanted, 3 most namespaces, 4 seconds since the epoch that the first
 *       number counts from
 * Returns the lanes' numbers from index 0. Errors NAMESPACES if there are too many.
 */
export const NUMBER_LANES = script(
  1,
  `#!lua
local fields = {}
for index = 0, ARGV[2] - 1 do fields[index + 1] = ARGV[1] .. ':' .. index end
local numbers = redis.call('HMGET', KEYS[1], unpack(fields))
if not numbers[1] then
  local count = 0
  for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
    if string.sub(field, -2) == ':0' then count = count + 1 end
  end
  if count >= tonumber(ARGV[3]) then
    return redis.error_reply('NAMESPACES there are too many namespaces')
  end
end
local last = 0
for _, number in ipairs(redis.call('HVALS', KEYS[1])) do last = math.max(last, tonumber(number)) end
if last == 0 then last = redis.call('TIME')[1] - ARGV[4] end
for index, field in ipairs(fields) do
  if not numbers[index] then
    last = last + 1
    numbers[index] = last
    redis.call('HSET', KEYS[1], field, string.format('%.0f', last))
  else
    numbers[index] = tonumber(numbers[index])
  end
end
return numbers
`,
);

/**
 * What was added to a lane since, and what was taken from its start, at one moment: between two
 * commands a swap could move records, and a commit could come before one already read.
 *
 * KEYS  1 small headers, 2 large headers, 3 writers hash, 4 tombstones hash
 * ARGV  1 and 2 where to go on in the small and in the large headers, as XRANGE takes it, 3 most
 *       entries of each
 * Returns entries of 1, entries of 2, the first id of 1 and of 2 or "", the lane's last id or "", the
 *       tombstones' fields and values, the last place that retention dropped or "", and the records
 *       that were ever committed. The moment is whole if neither list is full.
 */
export const READ_LANE = script(
  4,
  `#!lua flags=no-writes
local function first(key)
  local entries = redis.call('XRANGE', key, '-', '+', 'COUNT', 1)
  return entries[1] and entries[1][1] or ''
end
return {
  redis.call('XRANGE', KEYS[1], ARGV[1], '+', 'COUNT', ARGV[3]),
  redis.call('XRANGE', KEYS[2], ARGV[2], '+', 'COUNT', ARGV[3]),
  first(KEYS[1]), first(KEYS[2]),
  redis.call('HGET', KEYS[3], '${LAST_FIELD}') or '',
  redis.call('HGETALL', KEYS[4]),
  redis.call('HGET', KEYS[3], '${DROPPED_FIELD}') or '',
  redis.call('HGET', KEYS[3], '${COUNT_FIELD}') or '0',
}
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
