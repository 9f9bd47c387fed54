// A node within the node's control group, with a process table and a network of its own: to be killed by a test.
import { thisMachinesHierarchies } from "../../../tools/cluster/node/cgroups.ts";
import { runOnNode } from "../../../tools/cluster/node/run.ts";
import { here } from "./here.ts";

const command = ["/bin/sh", "-c", "echo ready; exec sleep 600"];
await runOnNode(here, thisMachinesHierarchies(), { command, within: here.cgroup });
