import { z } from "zod";
import { type Manifest, nameOf, ofKind } from "../../manifests/manifest.ts";
import type { ClusterRecord } from "../../record/schema/cluster.ts";
import type { Report } from "../finding.ts";
import { reportSettings } from "./settings.ts";

/** The label of a namespace that nobody writes but the API server: its name. */
const NAME_LABEL = "kubernetes.io/metadata.name";

const policy = z.looseObject({
  spec: z.looseObject({
    failurePolicy: z.string().optional(),
    paramKind: z.looseObject({}).optional(),
    matchConditions: z.array(z.looseObject({ expression: z.string() })).optional(),
    matchConstraints: z.looseObject({
      objectSelector: z.unknown().optional(),
      namespaceSelector: z
        .looseObject({
          matchLabels: z.unknown().optional(),
          matchExpressions: z
            .array(
              z.looseObject({
                key: z.string(),
                operator: z.string(),
                values: z.array(z.string()).optional(),
              }),
            )
            .optional(),
        })
        .optional(),
    }),
  }),
});

const binding = z.looseObject({
  spec: z.looseObject({
    policyName: z.string(),
    validationActions: z.array(z.string()),
    matchResources: z.unknown().optional(),
    paramRef: z.looseObject({ parameterNotFoundAction: z.string() }).optional(),
  }),
});

/**
 * Reports policies of the API server that would let something pass when they cannot judge it, exempt
 * somebody by what he can write, or are bound to nothing; and settings that are not the record's.
 */
export function reportAdmission(
  cluster: ClusterRecord,
  objects: readonly Manifest[],
  report: Report,
): void {
  const policies = ofKind(objects, "ValidatingAdmissionPolicy");
  const bindings = ofKind(objects, "ValidatingAdmissionPolicyBinding");
  for (const object of policies) {
    const { spec } = policy.parse(object.body);
    const bound = bindings.map((each) => binding.parse(each.body).spec);
    const own = bound.filter(({ policyName }) => policyName === object.name);
    const reasons = [
      ...(spec.failurePolicy === "Fail" ? [] : ["lets pass what it cannot judge"]),
      ...exemptions(spec.matchConstraints),
      ...(spec.matchConditions?.some(({ expression }) => /params\./.test(expression)) === true
        ? ["exempts somebody before it judges"]
        : []),
      ...(own.length === 1 ? [] : [`has ${own.length} bindings, not one`]),
      ...own.flatMap(({ validationActions, matchResources, paramRef }) => [
        ...(validationActions.join(" ") === "Deny" ? [] : ["does not deny"]),
        ...(matchResources === undefined ? [] : ["is bound to some objects only"]),
        ...(spec.paramKind === undefined || paramRef?.parameterNotFoundAction === "Deny"
          ? []
          : ["lets everything pass without its settings"]),
      ]),
    ];
    for (const reason of reasons) report("platform-admission", { object: nameOf(object), reason });
  }
  for (const object of bindings) {
    const { policyName } = binding.parse(object.body).spec;
    if (policies.some(({ name }) => name === policyName)) continue;
    report("platform-admission", { object: nameOf(object), reason: `binds no policy` });
  }
  const settings = ofKind(objects, "ConfigMap").find(
    ({ namespace, name }) => namespace === "neurallog-system" && name === "admission-settings",
  );
  reportSettings(cluster, settings, report);
}

function exemptions({
  objectSelector,
  namespaceSelector,
}: z.infer<typeof policy>["spec"]["matchConstraints"]): string[] {
  const { matchLabels, matchExpressions = [] } = namespaceSelector ?? {};
  const isByLabel =
    objectSelector !== undefined ||
    matchLabels !== undefined ||
    matchExpressions.some(({ key, operator }) => key !== NAME_LABEL || operator !== "NotIn");
  const names = matchExpressions.flatMap(({ values = [] }) => values);
  return [
    ...(isByLabel ? ["exempts somebody by a label that he could write"] : []),
    ...names
      .filter((name) => name.startsWith("tenant-"))
      .map((name) => `leaves out the tenant's namespace ${name}`),
  ];
}
