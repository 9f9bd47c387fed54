import { script } from "../script.ts";

/** Milliseconds of the server's clock. */
const NOW = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
`;

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
${NOW}
local ttl = tonumber(ARGV[2])
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'token')
local left = tonumber(lease[2] or 0) - now
-- A term that ends later than any that could be given now is one of a clock that has jumped back.
if lease[1] and lease[1] ~= ARGV[1] and left > 0 and left <= ttl then return 0 end
local token = tonumber(lease[3] or 0)
if lease[1] ~= ARGV[1] then token = redis.call('HINCRBY', KEYS[1], 'token', 1) end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', now + ttl)
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

/** What each script checks that writes under a lease. '' stands for one that needs none. */
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

