import { createMemoryStore } from "../../../../apps/log-service/src/store/memory/memory-store.ts";
import { describeStore } from "../conformance.ts";

describeStore("the memory store", { empty: async () => createMemoryStore() });
