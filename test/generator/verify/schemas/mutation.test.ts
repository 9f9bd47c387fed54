import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { SCHEMAS } from "../../../../generator/verify/schemas/kubeconform.ts";
import { findTool } from "../../../../tools/manifests/find.ts";
import { runProgram } from "../../../../tools/process.ts";
import { renderedTenants } from "../rendered.ts";
import { type Mutant, mutantsOf } from "./mutants.ts";

const output = z.object({
  resources: z.array(z.object({ filename: z.string(), status: z.string() })),
});

/** Maps whose keys are anybody's: nothing can be misspelt in them. */
const FREE_KEYS =
  /^Service spec\.selector$|^ConfigMap data$|\.(?:labels|annotations|matchLabels|nodeSelector)$/;
/** Where a number is as good as text: quantities, and ports by number. */
const NUMBERS =
  /(?:\.(?:requests|limits|hard|default|defaultRequest|max|maxAllowed)\.[\w.]+|sizeLimit|[pP]ort)$/;

/** Text that says nothing to Kubernetes. */
const FREE_TEXT = /annotations\.|\.env\..*\.value$/;

function isLegal({ kind, path, how }: Mutant): boolean {
  if (/misspelt$|^an unknown key$/.test(how)) return FREE_KEYS.test(`${kind} ${path}`);
  if (/^a misspelt (?:word|quantity)$/.test(how) && FREE_TEXT.test(path)) return true;
  return how === "a number instead of text" && NUMBERS.test(path);
}

/** Fields that an object cannot be without, whatever the published documents say. */
const REQUIRED = [
  "ConfigMap metadata.name",
  "Deployment spec.selector",
  "Deployment spec.template",
  "Deployment spec.template.metadata",
  "Deployment spec.template.spec",
  "Deployment spec.template.spec.containers",
  "Deployment spec.template.spec.containers.*.image",
  "Deployment spec.template.spec.containers.*.env.*.name",
  "Deployment spec.template.spec.containers.*.ports.*.containerPort",
  "Deployment spec.template.spec.containers.*.volumeMounts.*.mountPath",
  "ExternalSecret spec",
  "HTTPRoute spec.parentRefs.*.name",
  "HorizontalPodAutoscaler spec.maxReplicas",
  "HorizontalPodAutoscaler spec.scaleTargetRef",
  "Ingress spec.rules.*.http.paths.*.pathType",
  "LimitRange spec.limits",
  "NetworkPolicy spec",
  "NetworkPolicy spec.podSelector",
  "NetworkPolicy spec.egress.*.to.*.ipBlock.cidr",
  "PersistentVolumeClaim spec",
  "ResourceQuota spec",
  "RoleBinding roleRef",
  "Service spec.ports.*.port",
  "StatefulSet spec.template.spec.containers.*.env.*.valueFrom.secretKeyRef.key",
];

describe("the schemas, against every field of the committed overlays broken in every way", () => {
  let mutants: Mutant[] = [];
  const missed = new Set<string>();

  beforeAll(async () => {
    const [kubeconform, tenants] = await Promise.all([findTool("kubeconform"), renderedTenants()]);
    mutants = mutantsOf(tenants.flatMap(({ objects }) => objects));
    const folder = mkdtempSync(join(tmpdir(), "neurallog-mutants-"));
    try {
      for (const [i, { body }] of mutants.entries()) {
        writeFileSync(join(folder, `${i}.json`), JSON.stringify(body));
      }
      const { stdout } = await runProgram(kubeconform, [
        "-strict",
        "-verbose",
        "-output=json",
        `-schema-location=${SCHEMAS}{{.ResourceKind}}{{.KindSuffix}}.json`,
        folder,
      ]);
      for (const { filename, status } of output.parse(JSON.parse(stdout)).resources) {
        const index = Number(/(\d+)\.json$/.exec(filename)?.[1]);
        if (status === "statusValid") missed.add(mutants[index]?.words ?? filename);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  it("miss nothing but keys of free-form maps and numbers that are quantities", () => {
    const broken = mutants.filter((mutant) => mutant.how !== "removed" && !isLegal(mutant));
    expect(broken.length).toBeGreaterThan(2_500);
    expect(broken.filter(({ words }) => missed.has(words)).map(({ words }) => words)).toEqual([]);
  });

  it("do not refuse what is legal", () => {
    const legal = mutants.filter(isLegal);
    expect(legal.length).toBeGreaterThan(100);
    expect(legal.filter(({ words }) => !missed.has(words)).map(({ words }) => words)).toEqual([]);
  });

  it("notice each required field that is gone", () => {
    const gone = new Set(mutants.filter(({ how }) => how === "removed").map(({ words }) => words));
    const words = REQUIRED.map((field) => `${field}: removed`);
    expect(words.filter((each) => !gone.has(each))).toEqual([]);
    expect(words.filter((each) => missed.has(each))).toEqual([]);
  });
});
