import { LEVEL_LABELS, SOURCE_LABELS } from "../../ingest/loki/stream.ts";
import { LOKI_LIMITS, RECORD_LIMITS } from "../../limits.ts";
import { SPOKEN_VERSION } from "../names.ts";

/** `drilldown-limits`: by which Grafana's log views know what they may ask for. */
export async function answerLimits(): Promise<object> {
  return {
    limits: {
      discover_log_levels: true,
      discover_service_name: SOURCE_LABELS,
      log_level_fields: LEVEL_LABELS,
      max_entries_limit_per_query: LOKI_LIMITS.lines,
      max_line_size: RECORD_LIMITS.messageUnits,
      max_query_series: LOKI_LIMITS.series,
      volume_enabled: true,
    },
    pattern_ingester_enabled: true,
    version: SPOKEN_VERSION,
  };
}
