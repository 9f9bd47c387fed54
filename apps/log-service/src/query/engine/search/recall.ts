import { DamagedBlockError } from "../../../block/bytes.ts";
import type { BlockRows } from "../../../block/rows.ts";
import type { BlockRef } from "../../../store/port.ts";
import { both, selectionOf } from "../../match/mask.ts";
import type { Opened } from "../asking.ts";
import type { Selector } from "../selector.ts";
import type { Task } from "../task.ts";
import type { ArchivePart } from "./archive-part.ts";
import { countScanned, holdsAny } from "./ends.ts";
import type { Page } from "./page.ts";

/**
 * Puts pending records of the page before into this one, as far as they are still there and wanted:
 * they may have been cleared meanwhile, and the caller may have changed the cursor that names them.
 * @returns The ids of those that were.
 */
export async function recall(
  pending: readonly string[],
  page: Page,
  { snapshot, selector }: Opened,
  archive: ArchivePart | undefined,
  task: Task,
): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  if (pending.length === 0) return found;
  const missing = () => pending.filter((id) => !found.has(id));
  for (const block of snapshot.blocks.filter((each) => holdsAny(each, pending))) {
    await task.pause();
    const rows = await rowsOf(block);
    if (rows !== undefined) add(page, selector, block, rows, missing(), found);
  }
  const moved = missing();
  if (moved.length === 0) return found;
  await archive?.use(async (archived) => {
    for (const block of await archived.withIds(moved)) {
      countScanned(task, block);
      add(page, archived.selector, block, block.rows, moved, found);
    }
  });
  return found;
}

/** Undefined for a block that is gone or damaged. */
async function rowsOf(block: BlockRef): Promise<BlockRows | undefined> {
  try {
    return await block.read();
  } catch (error) {
    if (error instanceof DamagedBlockError) return undefined;
    throw error;
  }
}

function add(
  page: Page,
  selector: Selector,
  block: BlockRef,
  rows: BlockRows,
  ids: readonly string[],
  found: Set<string>,
): void {
  const named = new Uint8Array(rows.count);
  for (const id of ids) {
    const row = block.rowOf(id);
    if (row !== undefined) named[row] = 1;
  }
  try {
    const selection = both(selectionOf(named), selector.rows(block, rows));
    if (selection === "none") return;
    page.add({ block, rows, selection, wants: () => true });
    for (let row = 0; row < rows.count; row += 1) {
      if (selection === "all" || selection[row] === 1) found.add(block.idOf(row));
    }
  } catch (error) {
    if (!(error instanceof DamagedBlockError)) throw error;
  }
}
