import { Redis } from "ioredis";

import type { TestRedis } from "../../../support/redis.ts";
import type { TestService } from "../../../support/service.ts";
import { ask } from "../../http/support.ts";

/** Somebody who may do everything to a Redis: what `redisUsers` calls admin. */
export function adminOf({ port }: TestRedis): Redis {
  const admin = new Redis({ port, username: "admin", password: "admin", lazyConnect: false });
  admin.on("error", () => undefined);
  return admin;
}

export const writeTo = (service: TestService) =>
  ask(`${service.url}/api/logs`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${service.keys.writer}`,
      "content-type": "application/json",
    },
    body: '{"message":"a record"}',
  });

export const readyOf = ({ opsUrl }: { readonly opsUrl: string }) => ask(`${opsUrl}/health/ready`);
export const liveOf = ({ opsUrl }: { readonly opsUrl: string }) => ask(`${opsUrl}/health/live`);
