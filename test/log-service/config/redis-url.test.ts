import { expect, test } from "vitest";

import { redisUrl } from "../../../apps/log-service/src/config/fields.ts";

test.each([
  "redis://redis:6379",
  "rediss://redis",
  "redis-cluster://one:7000,two:7001",
  "rediss-cluster://[::1]:7000/",
])("takes %s as the address of Redis", (url) => {
  expect(redisUrl.parse(url)).toBe(url);
});

test.each([
  "http://redis",
  "redis",
  "redis-cluster://",
  "redis-cluster://one:7000,",
  "redis-cluster://app:hunter2@one:7000",
  "redis://app:hunter2@one:7000",
])("refuses %s as the address of Redis, without repeating it", (url) => {
  const { success, error } = redisUrl.safeParse(url);
  expect(success).toBe(false);
  expect(error?.message).not.toContain("hunter2");
});
