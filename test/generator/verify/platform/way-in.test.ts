// What the way in promises has to be what the log service does; nothing else holds the two together.
import { beforeAll, describe, expect, it } from "vitest";
import {
  FOLLOW_LIMITS,
  HTTP_LIMITS,
  INGEST_LIMITS,
} from "../../../../apps/log-service/src/limits.ts";
import type { Manifest } from "../../../../generator/manifests/manifest.ts";
import { duration } from "../../../../generator/record/duration.ts";
import { root as project } from "../../../../tools/root.ts";
import { kustomizeBuild } from "../../support/build.ts";
import { at, find } from "../../support/committed.ts";

const IN = "neurallog-ingress";
const milliseconds = (text: unknown): number => duration(String(text)) * 1000;

describe("the Gateway of home", () => {
  let objects: Manifest[];
  beforeAll(async () => {
    objects = await kustomizeBuild(`${project}/overlays/home/platform`);
  });
  const timeouts = (kind: string) =>
    at(find(objects, kind, IN, "neurallog"), "spec", "timeout", "http");
  const timeout = (kind: string, name: string) => Object(timeouts(kind))[name];

  it("refuses bodies that the log service would refuse, and no others", () => {
    const policy = find(objects, "EnvoyExtensionPolicy", IN, "body-size");
    const limits = JSON.stringify(at(policy, "spec", "lua")).match(/length > (\d+)/);
    expect(Number(limits?.[1])).toBe(INGEST_LIMITS.bodyBytes);
  });

  it("waits as long for a request as the log service", () => {
    const kind = "ClientTrafficPolicy";
    expect(milliseconds(timeout(kind, "requestReceivedTimeout"))).toBe(HTTP_LIMITS.requestMs);
    expect(milliseconds(timeout(kind, "requestHeadersReceivedTimeout"))).toBe(
      HTTP_LIMITS.headersMs,
    );
  });

  it("ends no stream that is followed, however long or quiet", () => {
    expect(timeout("BackendTrafficPolicy", "requestTimeout")).toBe("0s");
    expect(timeout("BackendTrafficPolicy", "maxStreamDuration")).toBe("0s");
    for (const kind of ["BackendTrafficPolicy", "ClientTrafficPolicy"]) {
      expect(milliseconds(timeout(kind, "streamIdleTimeout"))).toBeGreaterThan(
        2 * FOLLOW_LIMITS.heartbeatMs,
      );
    }
  });
});

it("the Ingress controller of cloud takes the same bodies, and ends no stream that is followed", async () => {
  const objects = await kustomizeBuild(`${project}/overlays/cloud/platform`);
  const data = at(find(objects, "ConfigMap", IN, "nginx-config"), "data");
  expect(data).toMatchObject({
    "client-max-body-size": `${INGEST_LIMITS.bodyBytes / 1024 / 1024}m`,
    // A stream that is held back until there is much of it is not followed.
    "proxy-buffering": "False",
  });
  const timeout = milliseconds(Object(data)["proxy-read-timeout"]);
  expect(timeout).toBeGreaterThan(2 * FOLLOW_LIMITS.heartbeatMs);
});
