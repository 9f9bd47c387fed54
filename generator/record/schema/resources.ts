import { z } from "zod";
import { bytes, cpu } from "./scalars.ts";

/** Amounts of CPU and memory, and the bounds that a namespace puts on them. */

export const amounts = (what: string) =>
  z
    .strictObject({
      cpu: cpu("CPU in cores, like 500m or 2.").optional(),
      memory: bytes("Memory in bytes, like 512Mi.").optional(),
    })
    .meta({ description: what });

export const quota = (what: string) =>
  z
    .strictObject({
      requests: amounts("Sum of what all containers may request.").optional(),
      limits: amounts("Sum of the limits of all containers.").optional(),
      pods: z
        .int()
        .min(0)
        .max(10_000)
        .meta({ description: "Pods, terminating ones included." })
        .optional(),
      storage: bytes("Sum of the sizes of all volume claims.").optional(),
      claims: z.int().min(0).max(1000).meta({ description: "Number of volume claims." }).optional(),
      services: z.int().min(0).max(1000).meta({ description: "Number of Services." }).optional(),
    })
    .meta({ description: what });

export const containerLimits = (what: string) =>
  z
    .strictObject({
      default: amounts("Limits of a container that names none.").optional(),
      defaultRequest: amounts("Requests of a container that names none.").optional(),
      max: amounts("The most that one container may ask for.").optional(),
    })
    .meta({ description: what });

export type AmountsRecord = z.infer<ReturnType<typeof amounts>>;
export type QuotaRecord = z.infer<ReturnType<typeof quota>>;
export type LimitsRecord = z.infer<ReturnType<typeof containerLimits>>;
