// The real client library of Kubernetes for JavaScript on top of a cluster.
import assert from "node:assert/strict";
import { test } from "node:test";
import workers from "node:worker_threads";
import zlib from "node:zlib";
import { clientConfig, ClusterWatch } from "../../dist/client-node.js";
import { Cluster } from "../../dist/kubarium.js";

// The library's HTTP client, which is not used here, wants functions that Node has from version 22 on.
zlib.createZstdDecompress ??= () => assert.fail("nothing is fetched");
workers.markAsUncloneable ??= () => {};
const k8s = await import("@kubernetes/client-node");

const namespace = "default";
const deployment = {
  metadata: { name: "web", labels: { app: "web" } },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: "web" } },
    template: {
      metadata: { labels: { app: "web" } },
      spec: { containers: [{ name: "web", image: "nginx:1.27" }] },
    },
  },
};

function clients() {
  const cluster = Cluster.create({ seed: 1 });
  const config = clientConfig(cluster, k8s);
  return { cluster, core: new k8s.CoreV1Api(config), apps: new k8s.AppsV1Api(config) };
}

/** Lets the promises inside the library go on. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

test("list, create, get, patch, delete", async () => {
  const { cluster, core, apps } = clients();
  const nodes = await core.listNode();
  assert.deepEqual(nodes.items.map((node) => node.metadata.name), ["node-1", "node-2", "node-3"]);

  const created = await apps.createNamespacedDeployment({ namespace, body: deployment });
  assert.ok(created instanceof k8s.V1Deployment);
  assert.ok(created.metadata.creationTimestamp instanceof Date);
  cluster.advance(30_000);
  const read = await apps.readNamespacedDeployment({ namespace, name: "web" });
  assert.equal(read.status.availableReplicas, 2);

  const pods = await core.listNamespacedPod({ namespace, labelSelector: "app=web", limit: 1 });
  assert.equal(pods.items.length, 1);
  assert.equal(pods.metadata.remainingItemCount, 1);
  const name = pods.items[0].metadata.name;
  assert.equal(typeof (await core.readNamespacedPodLog({ namespace, name })), "string");

  const patch = (strategy, body) =>
    apps.patchNamespacedDeployment(
      { namespace, name: "web", body },
      k8s.setHeaderOptions("Content-Type", strategy),
    );
  assert.equal((await patch(k8s.PatchStrategy.MergePatch, { spec: { replicas: 3 } })).spec.replicas, 3);
  const sidecar = { name: "side", image: "busybox:1.36", command: ["sleep", "1000"] };
  const merged = await patch(k8s.PatchStrategy.StrategicMergePatch, {
    spec: { template: { spec: { containers: [sidecar] } } },
  });
  assert.deepEqual(merged.spec.template.spec.containers.map((container) => container.name).sort(), ["side", "web"]);

  const scale = await apps.readNamespacedDeploymentScale({ namespace, name: "web" });
  scale.spec.replicas = 1;
  await apps.replaceNamespacedDeploymentScale({ namespace, name: "web", body: scale });
  cluster.advance(60_000);
  assert.equal((await core.listNamespacedPod({ namespace })).items.length, 1);

  await apps.deleteNamespacedDeployment({ namespace, name: "web" });
  cluster.advance(60_000);
  assert.deepEqual((await core.listNamespacedPod({ namespace })).items, []);
});

test("a refusal is the library's ApiException with the Status", async () => {
  const { core } = clients();
  const refused = core.readNamespacedPod({ namespace, name: "nobody" });
  await assert.rejects(refused, (error) => {
    assert.ok(error instanceof k8s.ApiException);
    assert.equal(error.code, 404);
    assert.equal(JSON.parse(error.body).message, 'pods "nobody" not found');
    return true;
  });
});

test("an informer follows the pods while time moves, and lists again when time goes back", async () => {
  const { cluster, core, apps } = clients();
  const told = { add: 0, update: 0, delete: 0 };
  const list = () => core.listNamespacedPod({ namespace });
  const informer = new k8s.ListWatch(`/api/v1/namespaces/${namespace}/pods`, new ClusterWatch(cluster), list, false);
  for (const verb of Object.keys(told)) informer.on(verb, () => (told[verb] += 1));
  await informer.start();
  await apps.createNamespacedDeployment({ namespace, body: deployment });
  cluster.advance(30_000);
  assert.equal(told.add, 2);
  assert.ok(told.update >= 4, `${told.update} updates`);
  assert.deepEqual(informer.list().map((pod) => pod.status.phase), ["Running", "Running"]);

  const { items } = await list();
  await core.deleteNamespacedPod({ namespace, name: items[0].metadata.name });
  cluster.advance(60_000);
  assert.deepEqual([told.add, told.delete], [3, 1]);
  const live = (await list()).items.map((pod) => pod.metadata.name).sort();
  assert.deepEqual(informer.list().map((pod) => pod.metadata.name).sort(), live);

  cluster.seek(0);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  assert.deepEqual(informer.list(), []);
  await informer.stop();
  await settle();
});
