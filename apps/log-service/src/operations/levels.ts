import { z } from "zod";

import { requireChange } from "../access/authorize.ts";
import { reaches, type Principal } from "../access/principal.ts";
import { RECORD_LIMITS } from "../limits.ts";
import { levelIndex, levelName, type Level } from "../record/level.ts";
import { isNamespaceName } from "../record/namespace.ts";
import type { Settings, SettingsStore } from "../settings/port.ts";
import { invalidParameter } from "./invalid-parameter.ts";

/** The least level that programs of a source should send; they follow it without a restart. */
export interface SourceLevel {
  /** `*` for every source that has no level of its own. */
  readonly source: string;
  /** `*` for every logical namespace. */
  readonly namespace: string;
  readonly level: Level;
}

/** A level as administrators see it. */
export interface SetLevel extends SourceLevel {
  /** RFC 3339. */
  readonly since: string;
  readonly by: string;
}

const PREFIX = "level:";
const stored = z.object({ level: z.string(), since: z.string(), by: z.string() });

/** Levels by source: kept with the settings, so that they survive restarts and reach every replica. */
export class Levels {
  readonly #settings: SettingsStore;

  constructor(settings: SettingsStore) {
    this.#settings = settings;
  }

  /** What a caller's programs should send: the levels of every namespace that it reaches. */
  async list(principal: Principal): Promise<readonly SourceLevel[]> {
    const all = await this.all(principal);
    return all.map(({ source, namespace, level }) => ({ source, namespace, level }));
  }

  async all(principal: Principal): Promise<readonly SetLevel[]> {
    return levelsOf(await this.#settings.read(), principal);
  }

  /** Waits until something may have changed, or the time is over. */
  async changed(ms: number, signal: AbortSignal): Promise<void> {
    await this.#settings.changed(ms, signal);
  }

  /** @throws ServiceError for a source, level or namespace that is none, or out of reach. */
  async set(
    principal: Principal,
    asked: { readonly source: string; readonly namespace: string; readonly level: string },
  ): Promise<SetLevel> {
    const key = keyOf(principal, asked.namespace, asked.source);
    const index = levelIndex(asked.level);
    if (index < 0) {
      throw invalidParameter("level", "is one of TRACE, DEBUG, INFO, WARN, ERROR, FATAL");
    }
    const level = levelName(index);
    const value = { level, since: new Date().toISOString(), by: principal.name };
    await this.#settings.put(key, JSON.stringify(value));
    return { source: asked.source, namespace: asked.namespace, ...value, level };
  }

  async remove(
    principal: Principal,
    asked: { readonly source: string; readonly namespace: string },
  ): Promise<void> {
    await this.#settings.put(keyOf(principal, asked.namespace, asked.source), undefined);
  }
}

function levelsOf(settings: Settings, principal: Principal): readonly SetLevel[] {
  const levels = [...settings.entries].flatMap(([key, text]): SetLevel[] => {
    if (!key.startsWith(PREFIX)) return [];
    const colon = key.indexOf(":", PREFIX.length);
    const namespace = key.slice(PREFIX.length, colon);
    if (namespace !== "*" && !reaches(principal, namespace)) return [];
    const { level, since, by } = stored.parse(JSON.parse(text));
    const source = key.slice(colon + 1);
    return [{ source, namespace, level: levelName(levelIndex(level)), since, by }];
  });
  return levels.sort(byPlace);
}

function byPlace(a: SourceLevel, b: SourceLevel): number {
  return compare(a.namespace, b.namespace) || compare(a.source, b.source);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** A namespace's name has no colon, so the first one ends it, whatever the source is. */
function keyOf(principal: Principal, namespace: string, source: string): string {
  if (source === "" || source.length > RECORD_LIMITS.sourceUnits || !source.isWellFormed()) {
    throw invalidParameter("source", `is 1 to ${RECORD_LIMITS.sourceUnits} characters`);
  }
  if (namespace !== "*") {
    if (!isNamespaceName(namespace)) throw invalidParameter("namespace", "is no namespace's name");
    requireChange(principal, namespace);
  } else if (principal.namespaces !== "*") {
    throw invalidParameter("namespace", "has to be one that the key reaches");
  }
  return `${PREFIX}${namespace}:${source}`;
}
