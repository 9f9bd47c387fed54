/** Names and addresses of the node's world; `overlays/home/cluster.yaml` has the same networks. */
export const NODE = "node";
export const NODE_ADDRESS = "192.168.10.11";
export const NODE_NETWORK = "192.168.10.0/24";
export const POD_NETWORK = "10.244.0.0/24";
/** Tenants' DNS rules name it. */
export const DNS_ADDRESS = "10.96.0.10";
/** The Service `kubernetes`, which pods reach the API server by. */
export const API_ADDRESS = "10.96.0.1";
export const API_PORT = 6443;

/** How long the watchdog tries to remove cgroups after the last process is told to end, in seconds. */
export const CLEAR_SECONDS = 60;

/** How often the node's parts are asked whether they are ready, in ms. */
export const POLL_MS = 200;
