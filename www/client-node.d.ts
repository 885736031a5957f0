import type { Configuration } from "@kubernetes/client-node";
import type { Cluster } from "./kubarium.js";

/** The library's configuration for its API classes, as in `new k8s.CoreV1Api(clientConfig(cluster, k8s))`. */
export function clientConfig(cluster: Cluster, k8s: typeof import("@kubernetes/client-node")): Configuration;

/** Stands for the library's `Watch`, alone or inside its `ListWatch`. Events come as virtual time moves. */
export class ClusterWatch {
  constructor(cluster: Cluster);
  watch(
    path: string,
    query: Record<string, string | number | boolean | undefined>,
    callback: (phase: string, object: any, event?: any) => void,
    done: (error: unknown) => void,
  ): Promise<AbortController>;
}
