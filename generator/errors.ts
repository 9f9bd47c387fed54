import { type ErrorEntry, fillMessage, type MessageValues } from "../tools/message.ts";

/**
 * Every error that the generator reports. A code is the name by which CI, tests and people find
 * the rule again: once published it is never reused for another one.
 */
const entries = {
  // Files: what cannot be read as one plain YAML document.
  "file-not-readable": { exit: 1, message: "cannot be read: {reason}" },
  "file-too-large": { exit: 1, message: "is {bytes} bytes long; a record has at most {max}" },
  "file-not-utf8": { exit: 1, message: "is not UTF-8" },
  "file-byte-order-mark": {
    exit: 1,
    message: "begins with a byte order mark; save it without one",
  },
  "file-name": { exit: 1, message: "the {field} '{id}' does not match the name '{name}'" },
  "file-extension": { exit: 1, message: "records end in .yaml; this file would be ignored" },
  "yaml-syntax": { exit: 1, message: "is not YAML: {reason}" },
  "yaml-tab": { exit: 1, message: "tabs cannot indent YAML; use spaces" },
  "yaml-duplicate-key": { exit: 1, message: "'{key}' stands here twice" },
  "yaml-alias": {
    exit: 1,
    message: "anchors and aliases are not allowed: a few of them can unfold to gigabytes",
  },
  "yaml-merge-key": { exit: 1, message: "merge keys ('<<') are not allowed: write the fields out" },
  "yaml-tag": { exit: 1, message: "tags like '{tag}' are not allowed" },
  "yaml-directive": { exit: 1, message: "directives ('%…') are not allowed" },
  "yaml-documents": { exit: 1, message: "a second document begins here; a file holds one record" },
  "yaml-empty": { exit: 1, message: "holds no record" },
  "yaml-key": { exit: 1, message: "a key has to be one plain word" },
  "yaml-too-deep": { exit: 1, message: "is nested more than {max} levels deep" },
  "yaml-ambiguous": {
    exit: 1,
    message: "'{text}' without quotes is a boolean for some YAML readers and text for others",
  },

  // Schema: one record on its own.
  "unknown-key": { exit: 1, message: "unknown key '{key}'" },
  "missing-field": { exit: 1, message: "'{field}' is missing: {meaning}" },
  "wrong-type": { exit: 1, message: "'{field}' must be {expected}, not {actual}" },
  "unknown-value": { exit: 1, message: "'{value}' is not one of {allowed}" },
  "out-of-range": { exit: 1, message: "'{field}' {reason}" },
  "invalid-value": { exit: 1, message: "'{value}' {reason}" },
  "not-available-yet": { exit: 1, message: "{field}: '{value}' is not available yet" },
  "no-effect": { exit: 1, message: "'{field}' has no effect: {reason}" },

  // Plan: a record together with its cluster.
  "unknown-reference": { exit: 1, message: "there is no {what} '{name}'" },
  "not-offered": { exit: 1, message: "cluster '{cluster}' has no {what}" },
  "storage-not-retained": {
    exit: 1,
    message: "storage class '{name}' deletes volumes; data needs one with reclaimPolicy: Retain",
  },
  "reserved-name": { exit: 1, message: "'{name}' is reserved: {reason}" },
  "name-too-long": {
    exit: 1,
    message: "namespace '{name}' has {length} characters; {max} are allowed",
  },
  "duplicate-name": { exit: 1, message: "{what} '{name}' stands here twice" },
  "duplicate-secret": {
    exit: 1,
    message: "Secret '{name}', key '{key}' already holds the hash of API key '{other}'",
  },
  "replica-bounds": { exit: 1, message: "min {min} is more than max {max}" },
  "limit-below-request": {
    exit: 1,
    message: "{what}: the limit {limit} is less than the request {request}",
  },
  "limit-range-order": { exit: 1, message: "{what}: {smaller} is more than {larger}" },
  "limit-range-too-small": {
    exit: 1,
    message:
      "container {container} has a {what} limit of {needed}, but limits.max.{what} allows {max}",
  },
  "quota-too-small": {
    exit: 1,
    message: "{what} {given} does not hold what is deployed: {arithmetic}",
  },
  "redis-too-small": { exit: 1, message: "{given} is less than the {min} that Redis needs" },
  "archive-too-small": { exit: 1, message: "{given} is less than the {min} that PostgreSQL needs" },
  "retention-too-large": {
    exit: 1,
    message: "{given} does not fit: {arithmetic}",
  },
  "storage-too-small": {
    exit: 1,
    message: "{given} does not hold the append-only file: {arithmetic}",
  },
  "retire-date": { exit: 1, message: "{reason}" },
  "external-redis": { exit: 1, message: "{reason}" },
  "host-outside-suffix": { exit: 1, message: "'{host}' is not under '{suffix}'" },
  "host-outside-certificate": {
    exit: 1,
    message: "no certificate of the Gateway covers '{host}': {certificates}",
  },
  "cidr-protected": { exit: 1, message: "{cidr} lies in {protected}, {what}: no rule may open it" },
  "cidr-mapped": {
    exit: 1,
    message: "{cidr} covers ::ffff:0:0/96, where every IPv4 address is once more",
  },
  "cidr-except": { exit: 1, message: "{except} is not inside {cidr}" },
  "rule-shape": { exit: 1, message: "{reason}" },
  "tls-shape": { exit: 1, message: "{reason}" },
  "rule-other-tenant": {
    exit: 1,
    message: "'{namespace}' belongs to tenant '{tenant}': no rule reaches another tenant",
  },
  "namespaces-disabled": {
    exit: 1,
    message: "logical namespaces are off: only '{default}' exists, not '{name}'",
  },
  "cluster-custom-hosts": {
    exit: 1,
    message: "customHosts needs ingress: a Gateway's certificate covers its wildcard names only",
  },
  "cluster-default-class": { exit: 1, message: "{reason}" },

  // Plan: all records together.
  "duplicate-id": { exit: 1, message: "id '{id}' is already the id of {other}" },
  "duplicate-host": { exit: 1, message: "host '{host}' is already that of tenant '{other}'" },
  "duplicate-redis": {
    exit: 1,
    message: "{cidr} meets the addresses of the Redis of tenant '{other}'",
  },
  "namespace-collision": {
    exit: 1,
    message: "namespace '{name}' is already that of tenant '{other}'",
  },
  "capacity-exceeded": {
    exit: 1,
    message: "the quotas of its tenants ask for {asked} of {what}, of {capacity}: {largest}",
  },

  // Change: the records against those of the merge base.
  "base-unknown": {
    exit: 2,
    message: "there is no Git revision '{ref}' to compare with: {reason}",
  },
  "immutable-changed": { exit: 1, message: "'{field}' never changes; it was '{before}'" },
  "storage-shrunk": { exit: 1, message: "a volume cannot shrink; it was {before}" },
  "storage-not-expandable": {
    exit: 1,
    message: "storage class '{class}' cannot expand volumes; the size was {before}",
  },
  "record-vanished": {
    exit: 1,
    message: "the record is gone, but its tenant was {state}: {reason}",
  },
  "organization-vanished": {
    exit: 1,
    message: "organization '{organization}' is gone, but it was {state}: {reason}",
  },
  "offboarded-id": {
    exit: 1,
    message: "'{id}' was off-boarded on {day} ({receipt}): an id is never used again",
  },
  "receipt-unreadable": { exit: 1, message: "is no receipt of npm run offboard: {reason}" },
  "receipt-vanished": {
    exit: 1,
    message: "the receipt is gone: it keeps the id of a tenant that left from being used again",
  },
  "ring-skipped": {
    exit: 1,
    message:
      "stable would get '{value}', which canary tenants of {cluster} have not had before: move canary first, in a change of its own",
  },

  // Releases: frozen copies of the bases, and the channels that name them.
  "release-name": { exit: 2, message: "'{release}' cannot be a release's name: {reason}" },
  "release-exists": {
    exit: 2,
    message: "bases/{release} is there already, and a release never changes: take another name",
  },
  "release-source": { exit: 2, message: "bases/next cannot be frozen: {reason}" },
  "release-move": { exit: 2, message: "nothing was moved: {reason}" },
  "release-unsealed": {
    exit: 1,
    message:
      "release {release} has no readable {file}: releases are made by npm run release -- <name>",
  },
  "release-differs": {
    exit: 1,
    message: "{file} is not what release {release} was frozen with: change bases/next instead",
  },
  "release-extra": {
    exit: 1,
    message: "{file} was not in release {release} when it was frozen: change bases/next instead",
  },
  "release-missing": { exit: 1, message: "{file} is missing in the frozen release {release}" },
  "release-changed": {
    exit: 1,
    message:
      "{file} differs from the merge base's: release {release} is frozen, sealing it anew does not help",
  },

  // Promote: the ref that Argo CD follows.
  "promote-remote": { exit: 2, message: "{remote} cannot be asked for {what}: {reason}" },
  "promote-tree": {
    exit: 2,
    message:
      "the work tree differs from its commit ({files}): what is verified has to be what is pushed",
  },
  "promote-head": {
    exit: 2,
    message: "HEAD is {head}, but {branch} of {remote} is {main}: check that out and try again",
  },
  "promote-diverged": {
    exit: 2,
    message:
      "{ref} is at {found}, which is no commit of {branch}: somebody pushed past the gate. Look at it; then --replace {found} puts {branch} in its place",
  },
  "promote-moved": {
    exit: 2,
    message: "{ref} was not moved: {reason}",
  },
  // Verify: what kustomize rendered from the overlays.
  "since-unknown": {
    exit: 2,
    message: "there is no Git revision '{ref}' to look for changes since: {reason}",
  },
  "drift-differs": {
    exit: 1,
    message:
      "{file}:{line} is not what the record gives: '{found}', not '{wanted}'; run npm run generate",
  },
  "drift-missing": { exit: 1, message: "{file} is missing: run npm run generate" },
  "drift-not-a-file": {
    exit: 1,
    message: "{file} is no plain file: remove it, run npm run generate",
  },
  "drift-extra": { exit: 1, message: "{file} comes from no record: run npm run generate" },
  "build-reference": { exit: 1, message: "{reason}" },
  "build-failed": { exit: 1, message: "{folder} does not build: {reason}" },
  "build-misplaced": { exit: 1, message: "{object} {reason}" },
  "build-rights": { exit: 1, message: "{object} {reason}" },
  "platform-missing": {
    exit: 1,
    message: "{folder} has no kustomization.yaml: a cluster with tenants has its platform there",
  },
  "platform-namespace": { exit: 1, message: "{object} {reason}" },
  "platform-argocd": { exit: 1, message: "{object}: {field} is {found}, not {wanted}" },
  "platform-admission": { exit: 1, message: "{object} {reason}" },
  "platform-class": { exit: 1, message: "{object} {reason}" },
  "platform-entrance": { exit: 1, message: "{object} {reason}" },
  "platform-role": { exit: 1, message: "{object} {reason}" },
  "platform-reach": { exit: 1, message: "{policy} {reason}" },
  "platform-prerequisite": { exit: 1, message: "{file} {reason}" },
  "build-empty": { exit: 1, message: "{folder} renders no object" },
  "build-unreadable": { exit: 1, message: "what {folder} renders cannot be read: {reason}" },
  "quota-exceeded": {
    exit: 1,
    message: "namespace {namespace}: {key} {hard} does not hold what is deployed: {arithmetic}",
  },
  "quota-range": {
    exit: 1,
    message: "namespace {namespace}: {what} has {side} {value}, but its LimitRange has {bound}",
  },
  "quota-unset": { exit: 1, message: "{what} has no {field}: the quota would count a default" },
  "quota-missing": { exit: 1, message: "namespace {namespace} has no {what}" },
  "quota-unbounded": { exit: 1, message: "{what} can have any number of pods" },
  "quota-unknown": {
    exit: 1,
    message: "namespace {namespace}: a quota on {key} cannot be proven to hold",
  },
  "quota-resized": {
    exit: 1,
    message:
      "{what} changes requests on its own, so no quota can be proven: updateMode must be Off",
  },
  "schema-missing": {
    exit: 1,
    message:
      "kind {kind} has no schema in generator/verify/schemas/json: add it to sources.ts and run npm run schemas",
  },
  "schema-invalid": { exit: 1, message: "{object}: {reason}" },
  "schema-count": {
    exit: 1,
    message: "kubeconform checked {checked} objects, but {objects} were rendered",
  },
  "schema-tool": { exit: 2, message: "kubeconform failed: {reason}" },
  "reach-other-tenant": {
    exit: 1,
    message:
      "a path to another tenant: NetworkPolicy {policy}, {rule}, peer {peer} {does} {other} on {ports}, for {subject}",
  },
  "reach-redis": {
    exit: 1,
    message:
      "a path to Redis: NetworkPolicy {policy}, {rule}, peer {peer} {does} {other} on {ports}, for {subject}",
  },
  "reach-archive": {
    exit: 1,
    message:
      "a path to the archive: NetworkPolicy {policy}, {rule}, peer {peer} {does} {other} on {ports}, for {subject}",
  },
  "reach-address": {
    exit: 1,
    message:
      "a path around the policies: NetworkPolicy {policy}, {rule}, peer {peer} {does} {other} on {ports}, for {subject}",
  },
  "reach-unexpected": {
    exit: 1,
    message:
      "nothing in the record asks for it: NetworkPolicy {policy}, {rule}, peer {peer} {does} {other} on {ports}, for {subject}",
  },
  "reach-missing": {
    exit: 1,
    message:
      "{from} cannot reach {to} on {ports} ({why}): no {direction} rule in {namespace} lets it through",
  },
  "reach-not-isolated": {
    exit: 1,
    message:
      "namespace {namespace}: no NetworkPolicy denies {direction} to every pod, so a pod may be open to everybody",
  },
  "reach-policy": { exit: 1, message: "NetworkPolicy {policy} cannot be proven: {reason}" },
  "reach-namespace": { exit: 1, message: "namespace {namespace} {reason}" },
  "reach-stranger": {
    exit: 1,
    message: "{what} is in namespace {namespace}, which is none of this tenant's",
  },
  "reach-bypass": { exit: 1, message: "{what} {reason}, where no NetworkPolicy reaches" },
  "reach-service": { exit: 1, message: "Service {service} {reason}" },
  "reach-route": { exit: 1, message: "{what} {reason}" },

  // Preview: what a change does to what is there.
  "preview-refused": {
    exit: 1,
    message: "Kubernetes refuses this: {field} of {object} never changes once it is made",
  },
  "preview-shrunk": {
    exit: 1,
    message: "Kubernetes refuses this: {object} cannot shrink from {before} to {after}",
  },
  "preview-drift": {
    exit: 1,
    message: "{files} in {folder} are not what the record gives: run npm run generate",
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof entries;

/** What a code's message has to be given. */
export type ErrorValues<C extends ErrorCode> = MessageValues<(typeof entries)[C]["message"]>;

export const ERRORS: Readonly<Record<ErrorCode, ErrorEntry>> = entries;

/** The message of a code with its places filled. */
export function errorMessage<C extends ErrorCode>(code: C, values: ErrorValues<C>): string {
  return fillMessage(ERRORS[code].message, values);
}
