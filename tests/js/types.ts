// Never run: the compiler reads it, against the types that the release build ships.
import { Cluster } from "../../dist/kubarium.js";
import type { ClusterEvent, FetchResponse, Invocation, Output, Snapshot, Subscription, WatchEvent } from "../../dist/kubarium.js";

const cluster: Cluster = Cluster.create({ scenario: "", seed: 7n, nodes: 3, link: undefined });
Cluster.create();
Cluster.create(undefined);
const lines: number[] = cluster.diagnostics().map((found) => found.line);
const applied: Invocation = cluster.apply("kind: Pod");
const later: Promise<Output> = cluster.kubectl("get pods", { stdin: "", files: { "a.yaml": "" } }).done;
const known: Output | undefined = cluster.output(applied.id);
const { status, body } = cluster.request({ method: "GET", path: "/api/v1/pods", query: { limit: 5, labelSelector: undefined } });
const watch: Subscription = cluster.watch("/api/v1/pods", new URLSearchParams(), (event: WatchEvent) => event.type, () => {});
cluster.watch("/api/v1/pods", undefined, ({ object }) => object.metadata.name);
const ran: Promise<Output> = cluster.exec({ namespace: "default", pod: "a", container: "", command: ["ls"] });
const answer: FetchResponse = cluster.fetch({ from: "pod/a", url: "http://web/", method: "POST", headers: { a: "b" }, body: { x: 1 } });
const hop: string | undefined = answer.hops[0]?.rule;
cluster.subscribe((event: ClusterEvent) => {
  if (event.type === "REQUEST") event.hops.map((one) => one.kind);
  else if (event.type !== "SEEK") event.object.kind satisfies string;
}).stop();
const now: number = cluster.advance(1000) + cluster.now();
cluster.seek(0);
const taken: Snapshot = cluster.snapshot();
const texts: string = cluster.link() + cluster.hash();

// @ts-expect-error a path is a text
cluster.request({ path: 5 });
// @ts-expect-error a request through the network has an address
cluster.fetch({ from: "internet" });
// @ts-expect-error who subscribes brings a function
cluster.subscribe();
export { answer, body, hop, known, later, lines, now, ran, status, taken, texts, watch };
