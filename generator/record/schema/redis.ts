import { z } from "zod";
import { bytes, cidrText, hostname, objectName, port } from "./scalars.ts";

/** Where a tenant's logs are. */

export const redis = z
  .strictObject({
    mode: z
      .enum(["standalone", "external"])
      .meta({
        description:
          "standalone: a Redis in the tenant's namespace. external: a managed one, named under external.",
      })
      .optional(),
    memory: bytes("Memory limit of the Redis container. 45 % of it becomes maxmemory.").optional(),
    storage: z
      .strictObject({
        size: bytes(
          "Size of the volume. It can grow where the class allows it, never shrink.",
        ).optional(),
        class: objectName(
          "One of the cluster's storage classes; it must retain volumes. Never changes.",
        ).optional(),
      })
      .meta({ description: "The volume of Redis' append-only file." })
      .optional(),
    durability: z
      .enum(["always", "everysec"])
      .meta({
        description:
          "always: what was acknowledged is on disk. everysec: a crash may lose two seconds.",
      })
      .optional(),
    external: z
      .strictObject({
        host: hostname("DNS name of the managed Redis."),
        port: port("Its port; 6379 when left out.").optional(),
        tls: z
          .boolean()
          .meta({ description: "Whether to connect with TLS; true when left out." })
          .optional(),
        cluster: z
          .boolean()
          .meta({
            description:
              "Whether it is a Redis Cluster, of which host is one way in; false when left out.",
          })
          .optional(),
        cidr: cidrText(
          "Addresses of the managed Redis: the only ones that the log service may reach.",
        ),
        secret: z
          .strictObject({
            name: objectName("Secret with the key app: the password of the Redis user app."),
          })
          .meta({ description: "Where the password is; never the password itself." }),
      })
      .meta({ description: "The managed Redis of mode external." })
      .optional(),
  })
  .meta({ description: "The tenant's store." });
