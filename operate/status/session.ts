import { failure, OperateError } from "../errors.ts";
import type { Reader } from "../kubernetes/reader.ts";
import { whereabouts } from "./cluster.ts";
import { readOutOfSync, readWarnings } from "./events.ts";
import { gather } from "./gather.ts";
import { readMemories, type Memories } from "./memory.ts";
import { partsOf, tenantOf, type Parts } from "./parts.ts";
import { NO_CLONE, readClone, type InGit } from "./repository.ts";
import type { Gap, Problem, Status } from "./shape.ts";
import { gapOf, isKnown, statusOf } from "./status.ts";

export type SessionOptions = {
  /** Of the clone; without one nothing is said about Git. */
  root: string | undefined;
  /** Whose overlays count; what Argo CD's own objects say when left out. */
  cluster: string | undefined;
  /** One tenant alone. */
  tenant: string | undefined;
};

/** One look at a cluster, or a long one. */
export type Session = {
  readonly parts: Parts;
  /** Lists everything. */
  read(): Promise<void>;
  /** Reads what no watch tells: Git, memory, events. Never fails for what a user may not read. */
  readBesides(): Promise<void>;
  /** Whether anything knows the one tenant. */
  isKnown(): boolean;
  status(now?: number): Status;
};

export function openSession(reader: Reader, options: SessionOptions): Session {
  const { tenant } = options;
  const parts = partsOf(tenant);
  let inGit: InGit = NO_CLONE;
  let cluster = options.cluster ?? null;
  let outOfSync: ReadonlyMap<string, number> = new Map();
  let memory: Memories = () => ({ unreadable: "not asked" });
  let warnings: Problem[] = [];
  let gaps: Gap[] = [];

  /** What a person may not read leaves its place empty and says so. */
  async function attempt<T>(hides: string, fallback: T, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof OperateError)) throw error;
      gaps.push(gapOf(error, hides));
      return fallback;
    }
  }

  async function readMoments(): Promise<ReadonlyMap<string, number>> {
    const drifted = parts.applications.values().filter(({ sync }) => sync === "OutOfSync");
    if (drifted.length === 0) return new Map();
    const name = tenant === undefined ? undefined : `tenant-${tenant}`;
    return attempt("since when tenants are out of sync", new Map(), () =>
      readOutOfSync(reader, name),
    );
  }

  async function readEvents(): Promise<Problem[]> {
    if (tenant === undefined) return [];
    const own = parts.namespaces.values().filter(({ name }) => tenantOf(name) === tenant);
    const names = own.map(({ name }) => name);
    return attempt("warnings of the last minutes", [], () =>
      readWarnings(reader, names, Date.now()),
    );
  }

  return {
    parts,
    read: async () => {
      await gather(reader, parts);
      const found = whereabouts(parts);
      if (options.cluster !== undefined && found.cluster !== null) {
        refuseOther(options.cluster, found.cluster, reader.server);
      }
    },
    readBesides: async () => {
      gaps = [];
      const found = whereabouts(parts);
      cluster = options.cluster ?? found.cluster;
      if (options.root !== undefined) inGit = readClone(options.root, cluster, found.ref);
      [outOfSync, warnings, memory] = await Promise.all([
        readMoments(),
        readEvents(),
        readMemories(reader),
      ]);
    },
    isKnown: () => tenant === undefined || isKnown(parts, inGit, tenant) || isBlind(parts),
    status: (now = Date.now()) =>
      statusOf(parts, {
        context: reader.context,
        server: reader.server,
        cluster,
        inGit,
        now,
        ...(tenant === undefined ? {} : { tenant }),
        outOfSync,
        memory,
        warnings,
        gaps,
      }),
  };
}

/** The right name with the wrong context: every tenant would look as if it had vanished. */
function refuseOther(cluster: string, found: string, server: string): void {
  if (cluster !== found) throw failure("other-cluster", { cluster, found, server });
}

/** Whoever may not look cannot say that there is no such tenant. */
const isBlind = ({ applications, namespaces }: Parts): boolean =>
  applications.gap !== undefined || namespaces.gap !== undefined;
