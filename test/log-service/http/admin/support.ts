import { z } from "zod";

import {
  startTestService,
  type Answer,
  type ServiceOptions,
  type TestService,
} from "../support.ts";

const page = z.object({
  records: z.array(z.object({ message: z.string(), metadata: z.unknown().optional() })),
});

/** A service with keys of all roles, one administrator of the namespace `payments` alone among them. */
export function startAdministered(options: ServiceOptions = {}): Promise<TestService> {
  return startTestService({
    keys: [
      { name: "writer", role: "writer" },
      { name: "reader", role: "reader" },
      { name: "admin", role: "admin" },
      { name: "some-admin", role: "admin", namespaces: ["payments"] },
    ],
    ...options,
  });
}

export function send(
  service: TestService,
  key: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  return service.call(key, path, {
    method,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
}

/** What an administrator finds, oldest first. */
export async function find(service: TestService, query: string) {
  const answer = await service.call("admin", `/api/logs?order=asc&limit=1000&${query}`);
  return page.parse(answer.body).records;
}

export const audit = (service: TestService) => find(service, "namespace=audit");
