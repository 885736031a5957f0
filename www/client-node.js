// Puts the library @kubernetes/client-node on top of a cluster: its requests and watches go to the simulated API server
// instead of the network. The library is handed in, so that this module needs nothing itself.
//
//   import * as k8s from "@kubernetes/client-node";
//   import { Cluster } from "./kubarium.js";
//   import { clientConfig, ClusterWatch } from "./client-node.js";
//
//   const cluster = Cluster.create();
//   const core = new k8s.CoreV1Api(clientConfig(cluster, k8s));
//   const informer = new k8s.ListWatch("/api/v1/pods", new ClusterWatch(cluster), () => core.listPodForAllNamespaces());

/** An address that nothing is ever sent to. */
const SERVER = "http://kubarium.invalid";

/** The library's configuration for its API classes, as in `new k8s.CoreV1Api(clientConfig(cluster, k8s))`. */
export function clientConfig(cluster, k8s) {
  const send = async (request) => {
    const url = new URL(request.getUrl());
    const answer = cluster.request({
      method: request.getHttpMethod(),
      path: url.pathname,
      query: url.searchParams,
      headers: request.getHeaders(),
      body: request.getBody(),
    });
    return response(k8s, answer);
  };
  return k8s.createConfiguration({
    baseServer: new k8s.ServerConfiguration(SERVER, {}),
    httpApi: k8s.wrapHttpLibrary({ send }),
  });
}

function response(k8s, { status, body }) {
  const isText = typeof body === "string";
  const text = isText ? body : JSON.stringify(body);
  return new k8s.ResponseContext(status, { "content-type": isText ? "text/plain" : "application/json" }, {
    text: async () => text,
    binary: async () => Buffer.from(text),
    stream: () => new Blob([text]).stream(),
  });
}

/** Stands for the library's `Watch`, alone or inside its `ListWatch`. Events come as virtual time moves. */
export class ClusterWatch {
  #cluster;

  constructor(cluster) {
    this.#cluster = cluster;
  }

  async watch(path, query, callback, done) {
    const controller = new AbortController();
    let isDone = false;
    const end = (error) => {
      if (isDone) return;
      isDone = true;
      done(error);
    };
    try {
      const onEvent = (event) => callback(event.type, event.object, event);
      const subscription = this.#cluster.watch(path, query, onEvent, () => end(null));
      controller.signal.addEventListener("abort", () => {
        subscription.stop();
        end(null);
      });
    } catch (error) {
      end(error);
    }
    return controller;
  }
}
