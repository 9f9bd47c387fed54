/**
 * What agents ask before their first bulk request. They want to hear that this is an Elasticsearch
 * that they can write to, and that templates, policies and pipelines are there: none is needed here.
 */

/** The API that is spoken. Clients of 7 and 9 take it as well; those that compare want at least their own. */
const VERSION = "8.19.0";
const UUID = "neurallog0000000000000";

export const INFO = {
  name: "neurallog",
  cluster_name: "neurallog",
  cluster_uuid: UUID,
  version: {
    number: VERSION,
    build_flavor: "default",
    build_type: "docker",
    build_hash: "0000000000000000000000000000000000000000",
    build_date: "2025-01-01T00:00:00.000000000Z",
    build_snapshot: false,
    lucene_version: "9.12.0",
    minimum_wire_compatibility_version: "7.17.0",
    minimum_index_compatibility_version: "7.0.0",
  },
  tagline: "You Know, for Search",
} as const;

const license = { status: "active", uid: UUID, type: "basic", mode: "basic" } as const;

export const LICENSE = { license } as const;

export const XPACK = {
  build: {},
  license,
  features: { ilm: { available: false, enabled: false } },
  tagline: "You know, for X",
} as const;

export const HEALTH = {
  cluster_name: "neurallog",
  status: "green",
  timed_out: false,
  number_of_nodes: 1,
  number_of_data_nodes: 1,
  active_primary_shards: 1,
  active_shards: 1,
  unassigned_shards: 0,
} as const;

/** Calls that set something up, or ask whether it is there: it always is. */
export const SETUP = [
  "/_ilm/policy",
  "/_index_template",
  "/_component_template",
  "/_template",
  "/_data_stream",
  "/_ingest",
  "/_nodes",
  "/_logstash",
] as const;
