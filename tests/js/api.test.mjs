// The JavaScript API in Node, on the module of the release build.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { Cluster } from "../../dist/kubarium.js";

const WEB = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: "nginx:1.27"}]
`;
const PODS = "/api/v1/namespaces/default/pods";
const sleeper = (name, script) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name },
  spec: { containers: [{ name: "main", image: "busybox:1.36", command: ["sh", "-c", script] }] },
});
const configMap = (name, data = {}) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data });

const post = (cluster, path, body) => cluster.request({ method: "POST", path, body });
const names = (list) => list.items.map((item) => item.metadata.name);

test("a cluster of nothing has nodes, and time stands still", () => {
  const cluster = Cluster.create();
  assert.equal(cluster.now(), 0);
  const nodes = cluster.request({ path: "/api/v1/nodes" });
  assert.equal(nodes.status, 200);
  assert.equal(nodes.body.items.length, 3);
  assert.deepEqual(cluster.diagnostics(), []);
  cluster.free();
});

test("the module mounts nothing in Node", () => assert.equal(globalThis.document, undefined));

test("a request takes no time and runs nothing; advance does", () => {
  const cluster = Cluster.create();
  assert.equal(post(cluster, PODS, sleeper("a", "sleep 1000")).status, 201);
  const before = cluster.hash();
  assert.equal(cluster.request({ path: `${PODS}/a` }).body.spec.nodeName, undefined);
  assert.equal(cluster.hash(), before);
  assert.equal(cluster.advance(30_000), 30_000);
  const pod = cluster.request({ path: `${PODS}/a` }).body;
  assert.equal(pod.status.phase, "Running");
  assert.match(pod.spec.nodeName, /^node-/);
});

test("the verbs of the REST API, and Status where they refuse", () => {
  const cluster = Cluster.create();
  const path = "/api/v1/namespaces/default/configmaps";
  assert.equal(post(cluster, path, configMap("a", { x: "1", gone: undefined })).status, 201);
  assert.deepEqual(cluster.request({ path: `${path}/a` }).body.data, { x: "1" });
  const patch = (type, body) =>
    cluster.request({ method: "PATCH", path: `${path}/a`, headers: { "Content-Type": type }, body });
  assert.deepEqual(patch("application/merge-patch+json", { data: { y: "2" } }).body.data, { x: "1", y: "2" });
  assert.deepEqual(patch("application/strategic-merge-patch+json", { data: { x: null } }).body.data, { y: "2" });
  assert.deepEqual(
    patch("application/json-patch+json", [{ op: "add", path: "/data/z", value: "3" }]).body.data,
    { y: "2", z: "3" },
  );
  const put = cluster.request({ method: "put", path: `${path}/a`, body: JSON.stringify(configMap("a", { w: "4" })) });
  assert.deepEqual(put.body.data, { w: "4" });
  assert.equal(cluster.request({ method: "DELETE", path: `${path}/a` }).status, 200);

  const refusals = [
    [{ path: `${path}/a` }, 404, "NotFound"],
    [{ path: "/api/v1/gizmos" }, 404, "NotFound"],
    [{ method: "POST", path, body: "{" }, 400, "BadRequest"],
    [{ method: "POST", path, body: { metadata: { name: "Upper" } } }, 422, "Invalid"],
    [{ method: "BREW", path }, 405, "MethodNotAllowed"],
    [{ path, query: { labelSelector: "a in" } }, 400, "BadRequest"],
  ];
  for (const [request, status, reason] of refusals) {
    const answer = cluster.request(request);
    assert.deepEqual([answer.status, answer.body.kind, answer.body.reason], [status, "Status", reason], JSON.stringify(request));
  }
});

test("queries are objects, pairs, or part of the path", () => {
  const cluster = Cluster.create();
  for (const name of ["a", "b", "c"]) {
    const pod = sleeper(name, "sleep 1");
    pod.metadata.labels = { app: name };
    post(cluster, PODS, pod);
  }
  const chosen = (path, query) => names(cluster.request({ path, query }).body);
  assert.deepEqual(chosen(PODS, { labelSelector: "app in (a,c)", limit: undefined }), ["a", "c"]);
  assert.deepEqual(chosen(PODS, new URLSearchParams({ labelSelector: "app=b" })), ["b"]);
  assert.deepEqual(chosen(PODS, [["fieldSelector", "metadata.name=c"]]), ["c"]);
  assert.deepEqual(chosen(`${PODS}?labelSelector=app%3Da`, { limit: 5 }), ["a"]);
  assert.deepEqual(chosen(PODS, { limit: 2 }), ["a", "b"]);
});

test("kubectl prints at once, and goes on as time does", async () => {
  const cluster = Cluster.create({ seed: 5 });
  const applied = cluster.apply(WEB);
  assert.deepEqual([applied.stdout, applied.stderr, applied.exitCode], ["deployment.apps/web created\n", "", 0]);
  const rollout = cluster.kubectl("rollout status deployment/web");
  assert.equal(rollout.exitCode, null);
  cluster.advance(60_000);
  const done = await rollout.done;
  assert.equal(done.exitCode, 0);
  assert.match(done.stdout, /deployment "web" successfully rolled out\n$/);
  assert.deepEqual(cluster.output(rollout.id), done);
  assert.equal(cluster.output(1e9), undefined);

  assert.equal(cluster.kubectl("kubectl get pods --no-headers").stdout.split("\n").length, 3);
  const files = { "a.yaml": JSON.stringify(configMap("a")), "b.yaml": JSON.stringify(configMap("b")) };
  assert.equal(
    cluster.kubectl("apply -f a.yaml -f b.yaml", { files }).stdout,
    "configmap/a created\nconfigmap/b created\n",
  );
  assert.equal(cluster.kubectl("apply -f -", { stdin: files["a.yaml"] }).stdout, "configmap/a unchanged\n");
  const wrong = cluster.kubectl("get gizmos");
  assert.equal(wrong.exitCode, 1);
  assert.match(wrong.stderr, /the server doesn't have a resource type "gizmos"/);
});

test("exec resolves when the program has ended", async () => {
  const cluster = Cluster.create();
  post(cluster, PODS, sleeper("a", "echo hello; sleep 1000"));
  const run = (...command) => cluster.exec({ pod: "a", command });
  await assert.rejects(run("true"), /a/);
  cluster.advance(20_000);
  assert.deepEqual(await run("sh", "-c", "echo 'it is'; echo bad >&2; exit 3"), { stdout: "it is\n", stderr: "bad\n", exitCode: 3 });

  let ended = false;
  const slow = run("sh", "-c", "sleep 5; echo done").then((output) => {
    ended = true;
    return output;
  });
  cluster.advance(4_000);
  await null;
  assert.equal(ended, false);
  cluster.advance(2_000);
  assert.equal((await slow).stdout, "done\n");

  const log = (query) => cluster.request({ path: `${PODS}/a/log`, query });
  assert.deepEqual(log(), { status: 200, body: "hello\n" });
  assert.equal(log({ container: "b" }).body.message, "container b is not valid for pod a");
  assert.match(log({ timestamps: true }).body, /^\d{4}-\d\d-\d\dT[\d:.]+Z hello\n$/);
  await assert.rejects(cluster.exec({ pod: "nobody", command: ["true"] }), /pods "nobody" not found/);
  await assert.rejects(run("no-such-program"), /no-such-program/);

  const lost = run("sleep", "1000");
  cluster.seek(0);
  await assert.rejects(lost, /time went back/);
});

const SHOP = `
kind: Scenario
apiVersion: kubarium.dev/v1
metadata: {name: shop}
spec: {seed: 3}
---
apiVersion: v1
kind: Pod
metadata: {name: echo, labels: {app: echo}}
spec:
  containers: [{name: echo, image: "registry.k8s.io/echoserver:1.10", ports: [{containerPort: 8080}]}]
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec: {selector: {app: echo}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: shop}
spec:
  ingressClassName: nginx
  rules:
  - host: shop.example.com
    http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: echo, port: {number: 80}}}}]}
`;

test("a request goes through the simulated network, whole, and says which way", () => {
  const cluster = Cluster.create({ scenario: SHOP });
  cluster.advance(30_000);
  const answer = cluster.fetch({
    url: "http://shop.example.com/cart?x=1",
    method: "put",
    headers: { "X-Mood": "it's fine", "X-Gone": undefined },
    body: { one: 1 },
  });
  assert.deepEqual([answer.status, answer.error, answer.method, answer.from], [200, null, "PUT", "internet"]);
  for (const part of ["/cart?x=1", "x-mood=it's fine", '{"one":1}']) assert.ok(answer.body.includes(part), part);
  assert.match(answer.headers["content-type"], /text/);
  assert.deepEqual(answer.hops.map((hop) => hop.kind), ["Internet", "Ingress", "Service", "Pod"]);
  const last = answer.hops.at(-1);
  assert.deepEqual([last.kind, last.namespace, last.name, last.at >= 30_000], ["Pod", "default", "echo", true]);
  assert.ok(last.rule.length > 10 && answer.latency > 0);
  assert.equal(cluster.now(), 30_000);

  const inside = cluster.fetch({ from: "pod/echo", url: "http://echo/" });
  assert.deepEqual([inside.status, inside.hops[0].name], [200, "echo"]);
  const failures = [
    [{ from: "pod/echo", url: "http://nowhere/" }, /^curl: \(6\) Could not resolve host: nowhere/],
    [{ from: "pod/echo", url: "http://echo:81/" }, /^curl: \((7|28)\) Failed to connect to echo port 81/],
    [{ url: "http://a b/" }, /^curl: \(3\) URL rejected/],
    [{ from: "pod/nobody", url: "http://echo/" }, /pods "nobody" not found/],
  ];
  for (const [request, want] of failures) {
    const { status, error, body } = cluster.fetch(request);
    assert.deepEqual([status, body], [0, ""]);
    assert.match(error, want);
  }
  assert.equal(cluster.fetch({ url: "http://other.example.com/" }).status, 404);
  // All of it is in the link.
  const copy = Cluster.create({ link: cluster.link() });
  assert.deepEqual([copy.now(), copy.hash()], [cluster.now(), cluster.hash()]);
});

test("a subscription tells all changes and requests, and when time goes back", () => {
  const cluster = Cluster.create({ scenario: SHOP });
  const seen = [];
  const subscription = cluster.subscribe((event) => seen.push(event));
  assert.deepEqual(seen, []);
  cluster.advance(30_000);
  const of = (kind) => seen.filter((event) => event.object?.kind === kind).map((event) => event.type);
  assert.equal(of("Pod").filter((type) => type === "MODIFIED").length > 1, true);
  assert.ok(of("Event").includes("ADDED") && of("EndpointSlice").includes("ADDED"));
  const bound = seen.find((event) => event.object?.spec?.nodeName);
  assert.deepEqual([bound.type, bound.actor], ["MODIFIED", "default-scheduler"]);
  const times = seen.map((event) => event.at);
  assert.deepEqual(times, [...times].sort((a, b) => a - b));
  seen.length = 0;
  cluster.fetch({ url: "http://shop.example.com/" });
  post(cluster, PODS, sleeper("a", "sleep 1"));
  assert.deepEqual(seen.map(({ type, at, actor, status }) => [type, at, actor ?? status]), [
    ["REQUEST", 30_000, 200],
    ["ADDED", 30_000, "user"],
  ]);
  seen.length = 0;
  cluster.seek(10_000);
  assert.deepEqual(seen.splice(0), [{ type: "SEEK", at: 10_000 }]);
  post(cluster, PODS, sleeper("b", "sleep 1"));
  assert.deepEqual(seen.splice(0).map((event) => event.object.metadata.name), ["b"]);
  subscription.stop();
  cluster.advance(10_000);
  assert.deepEqual(seen, []);
});

test("a watch tells what is there at once, then each change once and in order", () => {
  const cluster = Cluster.create();
  post(cluster, PODS, sleeper("a", "sleep 1000"));
  const seen = [];
  const watch = cluster.watch(PODS, {}, (event) => seen.push(event));
  assert.deepEqual(seen.map((event) => [event.type, event.object.metadata.name]), [["ADDED", "a"]]);
  post(cluster, PODS, sleeper("b", "sleep 1000"));
  assert.equal(seen.length, 2);
  cluster.advance(30_000);
  const versions = seen.map((event) => Number(event.object.metadata.resourceVersion));
  assert.deepEqual(versions, [...new Set(versions)].sort((a, b) => a - b));
  assert.ok(seen.some((event) => event.type === "MODIFIED" && event.object.status.phase === "Running"));
  watch.stop();
  const count = seen.length;
  cluster.request({ method: "DELETE", path: `${PODS}/a` });
  cluster.advance(60_000);
  assert.equal(seen.length, count);
});

test("a watch starts at a version, ends when told, and when time goes back", () => {
  const cluster = Cluster.create();
  const version = cluster.request({ path: PODS }).body.metadata.resourceVersion;
  post(cluster, PODS, sleeper("a", "sleep 1000"));
  const seen = [];
  const note = (name) => (event) => seen.push([name, event.type, event.object.code ?? event.object.metadata.name]);
  cluster.watch(PODS, { resourceVersion: version }, note("since"), () => seen.push(["since", "done"]));
  cluster.watch(PODS, { timeoutSeconds: 1 }, note("short"), () => seen.push(["short", "done"]));
  assert.deepEqual(seen.splice(0), [["since", "ADDED", "a"], ["short", "ADDED", "a"]]);
  cluster.advance(1_000);
  assert.deepEqual(seen.splice(0).filter(([name]) => name === "short").at(-1), ["short", "done"]);
  cluster.seek(0);
  assert.deepEqual(seen, [["since", "ERROR", 410], ["since", "done"]]);
});

test("a callback may call whatever it likes", () => {
  const cluster = Cluster.create();
  const seen = [];
  const watch = cluster.watch(PODS, {}, ({ type, object }) => {
    const { name } = object.metadata;
    seen.push(name);
    if (type === "ADDED" && name === "a") post(cluster, PODS, sleeper("b", "sleep 1"));
    if (type === "ADDED" && name === "b") {
      cluster.advance(1_000);
      watch.stop();
    }
  });
  post(cluster, PODS, sleeper("a", "sleep 1000"));
  assert.deepEqual(seen, ["a", "b"]);
  assert.equal(cluster.now(), 1_000);
});

test("an error of a callback is reported and stops nobody else", () => {
  // In a process of its own: the test runner takes unhandled rejections for itself.
  const program = `
    import { Cluster } from ${JSON.stringify(new URL("../../dist/kubarium.js", import.meta.url))};
    process.on("unhandledRejection", (error) => console.log(error.message));
    const cluster = Cluster.create();
    cluster.watch("/api/v1/namespaces/default", {}, () => { throw new Error("from a callback"); });
    cluster.watch("/api/v1/namespaces/default", {}, ({ type }) => console.log(type));`;
  const output = execFileSync(process.execPath, ["--input-type=module", "-e", program], { encoding: "utf8" });
  assert.deepEqual(output.trim().split("\n").sort(), ["ADDED", "from a callback"]);
});

test("the past can be looked at, and acting in it forks", () => {
  const cluster = Cluster.create({ scenario: WEB, seed: 3 });
  cluster.advance(10_000);
  post(cluster, PODS, sleeper("a", "sleep 1000"));
  cluster.advance(20_000);
  const hash = cluster.hash();
  cluster.seek(5_000);
  assert.equal(cluster.now(), 5_000);
  assert.equal(cluster.request({ path: `${PODS}/a` }).status, 404);
  cluster.seek(30_000);
  assert.equal(cluster.hash(), hash);
  cluster.seek(5_000);
  post(cluster, PODS, sleeper("b", "sleep 1000"));
  cluster.seek(30_000);
  assert.equal(cluster.request({ path: `${PODS}/a` }).status, 404);
  assert.equal(cluster.request({ path: `${PODS}/b` }).body.status.phase, "Running");
});

test("a link opens the same cluster: requests, programs and commands are in it", async () => {
  const cluster = Cluster.create({ scenario: WEB, seed: 3 });
  cluster.advance(10_000);
  post(cluster, PODS, sleeper("a", "sleep 1000"));
  cluster.kubectl("scale deployment/web --replicas=3");
  cluster.advance(20_000);
  await cluster.exec({ pod: "a", command: ["sh", "-c", "echo \"it's\" > /tmp/x"] });
  cluster.advance(1_500.5);
  const link = cluster.link();
  assert.match(link, /^#v1:z:[\w-]+$/);
  const copy = Cluster.create({ link });
  assert.deepEqual([copy.now(), copy.hash()], [cluster.now(), cluster.hash()]);
  assert.equal((await copy.exec({ pod: "a", command: ["cat", "/tmp/x"] })).stdout, "it's\n");
  assert.deepEqual(copy.link().length > link.length, true);
});

test("a snapshot holds objects, events, time and hash", () => {
  const cluster = Cluster.create({ scenario: WEB });
  cluster.advance(30_000);
  const { now, hash, objects, events } = cluster.snapshot();
  assert.deepEqual([now, hash], [30e9, cluster.hash()]);
  assert.equal(objects.filter((object) => object.kind === "Pod").length, 2);
  assert.ok(events.some((event) => event.reason === "Scheduled"));
});

test("what is wrong with a scenario is told with its place", () => {
  const cluster = Cluster.create({ scenario: "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {contaners: []}\n" });
  const [found] = cluster.diagnostics();
  assert.deepEqual([found.severity, found.line, found.column], ["error", 4, 8]);
});

test("odd input is refused with an error, and the cluster lives on", async () => {
  const cluster = Cluster.create();
  const nothing = () => {};
  const refused = [
    () => Cluster.create({ scenario: 5 }),
    () => Cluster.create({ seed: -1 }),
    () => Cluster.create("text"),
    () => Cluster.create({ link: "#v1:z:AAAA" }),
    () => cluster.apply(undefined),
    () => cluster.kubectl({}),
    () => cluster.kubectl("get pods", { files: { a: 1 } }),
    () => cluster.request(),
    () => cluster.request({}),
    () => cluster.request({ path: 5 }),
    () => cluster.request({ path: PODS, query: "a" }),
    () => cluster.request({ path: PODS, query: { a: {} } }),
    () => cluster.request({ method: "POST", path: PODS, body: 1n }),
    () => cluster.request({ method: "POST", path: PODS, body: nothing }),
    () => cluster.watch(PODS),
    () => cluster.watch("/nowhere", {}, nothing),
    () => cluster.watch(PODS, { labelSelector: "a in" }, nothing),
    () => cluster.watch(PODS, {}, nothing, "done"),
    () => cluster.fetch(),
    () => cluster.fetch("http://web/"),
    () => cluster.fetch({}),
    () => cluster.fetch({ url: "http://web/", from: "the moon" }),
    () => cluster.fetch({ url: "http://web/", method: 5 }),
    () => cluster.subscribe(),
    () => cluster.advance(-1),
    () => cluster.advance("1"),
    () => cluster.advance(Number.NaN),
    () => cluster.seek(Number.POSITIVE_INFINITY),
  ];
  for (const act of refused) {
    assert.throws(act, (error) => error instanceof Error && !(error instanceof WebAssembly.RuntimeError) && error.message.length > 8, String(act));
  }
  for (const options of [undefined, {}, { pod: "a" }, { pod: "a b", command: ["x"] }, { pod: "a", command: "x" }]) {
    await assert.rejects(cluster.exec(options), /^Error: exec: /);
  }
  assert.equal(cluster.kubectl("'").exitCode, 1);
  assert.equal(cluster.apply("{{").exitCode, 1);
  assert.equal(cluster.request({ method: "POST", path: PODS, body: { metadata: 5, spec: [] } }).status, 400);
  assert.equal(cluster.request({ path: PODS }).status, 200);
});
