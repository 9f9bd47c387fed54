/** Loads the generated code when it is first needed: most processes never see OTLP's protobuf. */
export async function loadMessages() {
  const [{ opentelemetry, google }, protobuf] = await Promise.all([
    import("./generated/otlp.js"),
    import("protobufjs/minimal.js"),
  ]);
  return {
    Reader: protobuf.default.Reader,
    LogRecord: opentelemetry.proto.logs.v1.LogRecord,
    Resource: opentelemetry.proto.resource.v1.Resource,
    InstrumentationScope: opentelemetry.proto.common.v1.InstrumentationScope,
    ExportLogsServiceResponse: opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse,
    Status: google.rpc.Status,
  };
}

export type Messages = Awaited<ReturnType<typeof loadMessages>>;
