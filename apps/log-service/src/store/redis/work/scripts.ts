import { DROPPED_FIELD, type LaneKeys } from "../keys.ts";
import { script } from "../script.ts";
import { NEXT_ID } from "../scripts.ts";

/**
 * Takes a lane's lease, keeps it, or learns who has it.
 *
 * KEYS  1 lease hash
 * ARGV  1 holder, 2 milliseconds that it is taken for
 * Returns the fencing token, or 0 while another holds the lease.
 */
export const TAKE_LEASE = script(
  1,
  `#!lua flags=allow-oom
${NEXT_ID}
local now = now_ms()
local ttl = tonumber(ARGV[2])
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'token')
local left = tonumber(lease[2] or 0) - now
-- A term that ends later than any that could be given now is one of a clock that has jumped back.
if lease[1] and lease[1] ~= ARGV[1] and left > 0 and left <= ttl then return 0 end
local token = tonumber(lease[3] or 0)
if lease[1] ~= ARGV[1] then token = redis.call('HINCRBY', KEYS[1], 'token', 1) end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', now + ttl))
return token
`,
);

/**
 * Gives a lease back, so that another need not wait for its end.
 *
 * KEYS  1 lease hash
 * ARGV  1 holder
 */
export const GIVE_LEASE = script(
  1,
  `#!lua flags=allow-oom
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
return redis.call('HDEL', KEYS[1], 'holder', 'until')
`,
);

/** What each script begins with that writes under a lease; '' stands for one that needs none. */
const CHECK_FENCE = `
if ARGV[1] ~= '' and redis.call('HGET', KEYS[1], 'token') ~= ARGV[1] then
  return redis.error_reply('FENCE another process has taken over the lane')
end
`;

const CHECK_TOMBSTONES = `
if (redis.call('HGET', KEYS[3], '#') or '0') ~= ARGV[2] then
  return redis.error_reply('TOMBSTONE something was cleared meanwhile')
end
`;

/**
 * Puts a large block in the place of the small stream's first entries, all of them up to one.
 *
 * KEYS  1 lease, 2 writers, 3 tombstones; small 4 headers, 5 bodies; large 6 headers, 7 filters, 8 bodies
 * ARGV  1 fencing token, 2 count of tombstones, 3 first small id, 4 the first that is kept;
 *       5 count before, 6 header, 7 filters ('' for none), 8 body ('' if clearing left no record)
 * Returns the large block's id, or ''.
 * Errors FENCE, TOMBSTONE; GONE if the small stream begins with another entry.
 */
export const SWAP = script(
  8,
  `#!lua flags=allow-oom
${NEXT_ID}${CHECK_FENCE}${CHECK_TOMBSTONES}
local first = redis.call('XRANGE', KEYS[4], '-', '+', 'COUNT', 1)[1]
if not first or first[1] ~= ARGV[3] then
  return redis.error_reply('GONE the small blocks were dropped or swapped meanwhile')
end
local made = ''
if ARGV[8] ~= '' then
  local id = next_id(KEYS[2])
  redis.call('XADD', KEYS[8], id, 'b', ARGV[8])
  if ARGV[7] ~= '' then redis.call('XADD', KEYS[7], id, 'f', ARGV[7]) end
  redis.call('XADD', KEYS[6], id, 'h', ARGV[6], 'n', ARGV[5])
  made = id
end
redis.call('XTRIM', KEYS[5], 'MINID', ARGV[4])
redis.call('XTRIM', KEYS[4], 'MINID', ARGV[4])
return made
`,
);

/**
 * Puts one large block, or none, in the place of some.
 *
 * KEYS  1 lease, 2 writers, 3 tombstones; large 4 headers, 5 filters, 6 bodies
 * ARGV  1 fencing token or '', 2 count of tombstones or '', 3 ids that go, separated by blanks;
 *       4 count before, 5 header, 6 filters ('' for none), 7 body ('' if nothing takes their place)
 * Returns the new entry's id.
 * Errors FENCE, TOMBSTONE; GONE if one of the ids is not there any more.
 */
export const REWRITE = script(
  6,
  `#!lua flags=allow-oom
${NEXT_ID}${CHECK_FENCE}
if ARGV[2] ~= '' then ${CHECK_TOMBSTONES} end
local ids = {}
for old in string.gmatch(ARGV[3], '%S+') do
  if #redis.call('XRANGE', KEYS[4], old, old) == 0 then
    return redis.error_reply('GONE a block was dropped or rewritten meanwhile')
  end
  ids[#ids + 1] = old
end
local id = next_id(KEYS[2])
if ARGV[7] == '' then
  redis.call('XADD', KEYS[4], id, 'r', ARGV[3])
else
  redis.call('XADD', KEYS[6], id, 'b', ARGV[7])
  if ARGV[6] ~= '' then redis.call('XADD', KEYS[5], id, 'f', ARGV[6]) end
  redis.call('XADD', KEYS[4], id, 'h', ARGV[5], 'n', ARGV[4], 'r', ARGV[3])
end
for _, old in ipairs(ids) do
  redis.call('XDEL', KEYS[6], old)
  redis.call('XDEL', KEYS[5], old)
  redis.call('XDEL', KEYS[4], old)
end
return id
`,
);

export function rewriteKeys(keys: LaneKeys): readonly string[] {
  const { lease, writers, tombstones, largeHeaders, largeFilters, largeBodies } = keys;
  return [lease, writers, tombstones, largeHeaders, largeFilters, largeBodies];
}

/**
 * Drops a lane's first blocks. Allowed when memory is full: it is the way out. Needs no lease: two
 * that trim at once drop the same beginning once, and a swap notices that its beginning is gone.
 *
 * KEYS  small 1 headers, 2 bodies; large 3 headers, 4 filters, 5 bodies; 6 writers
 * ARGV  1 first small id that is kept or '', 2 first large id that is kept or '',
 *       3 where the last of the dropped records was committed
 * Returns how many small and how many large blocks were dropped.
 */
export const TRIM = script(
  6,
  `#!lua flags=allow-oom
local small, large = 0, 0
if ARGV[1] ~= '' then
  small = redis.call('XTRIM', KEYS[2], 'MINID', ARGV[1])
  redis.call('XTRIM', KEYS[1], 'MINID', ARGV[1])
end
if ARGV[2] ~= '' then
  large = redis.call('XTRIM', KEYS[5], 'MINID', ARGV[2])
  redis.call('XTRIM', KEYS[4], 'MINID', ARGV[2])
  redis.call('XTRIM', KEYS[3], 'MINID', ARGV[2])
end
if small + large > 0 then
  local function parts(id)
    local major, minor = string.match(id, '^(%d+)%-(%d+)$')
    return tonumber(major or 0), tonumber(minor or 0)
  end
  local major, minor = parts(redis.call('HGET', KEYS[6], '${DROPPED_FIELD}') or '')
  local new_major, new_minor = parts(ARGV[3])
  if new_major > major or (new_major == major and new_minor > minor) then
    redis.call('HSET', KEYS[6], '${DROPPED_FIELD}', ARGV[3])
  end
end
return {small, large}
`,
);

/**
 * Notes a clearing of what the lane has now.
 *
 * KEYS  1 tombstones, 2 writers
 * ARGV  1 its id, 2 its JSON without the bound, 3 most tombstones of a lane
 * Returns the lane's last id, which bounds it; '' for a lane that never had a record.
 * Errors TOMBSTONES if there are too many.
 */
export const CLEAR = script(
  2,
  `#!lua flags=allow-oom
local last = redis.call('HGET', KEYS[2], 'last')
if not last then return '' end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 0 then
  if redis.call('HLEN', KEYS[1]) > tonumber(ARGV[3]) then
    return redis.error_reply('TOMBSTONES there are too many clearings that are not done')
  end
  redis.call('HINCRBY', KEYS[1], '#', 1)
end
local major, minor = string.match(last, '^(%d+)%-(%d+)$')
local bound = ',"major":' .. major .. ',"minor":' .. minor .. '}'
redis.call('HSET', KEYS[1], ARGV[1], string.sub(ARGV[2], 1, -2) .. bound)
return last
`,
);

/**
 * Forgets clearings that have nothing left to leave out.
 *
 * KEYS  1 lease, 2 tombstones
 * ARGV  1 fencing token, then ids
 * Errors FENCE.
 */
export const FORGET_TOMBSTONES = script(
  2,
  `#!lua flags=allow-oom
${CHECK_FENCE}
return redis.call('HDEL', KEYS[2], unpack(ARGV, 2))
`,
);
