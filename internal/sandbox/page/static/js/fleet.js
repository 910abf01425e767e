// The fleet beside Slack: clusters and their services as they are now, and the calls that AWS got.
import { drawn, h, keyed, setText } from "./dom.js";
import { callLog } from "./calls.js";
import { isMoving, servicePart } from "./service.js";
import { post, stream } from "./stream.js";
import { toast } from "./toast.js";

const base = "/sandbox/aws";

/**
 * fleet draws into node: onFail() is called when somebody orders a failure, onBusy(n) with the deployments under
 * way, nameOf(id) names people, and renamed() says that the names are others now. reveal(service) opens a service
 * where its next failure is ordered.
 */
export function fleet(node, { onFail, onBusy, nameOf }) {
  const status = h("p", { class: "fleet-status", role: "status" }, "Reading the fleet…");
  const list = h("div", { class: "fleet-list", tabindex: "0", data: { testid: "fleet" } });
  const calls = callLog(nameOf);
  node.append(h("header", { class: "fleet-head" }, h("h1", {}, "Fleet"), h("span", { class: "fleet-place" }, "ECS on the sandbox's AWS"), status), list, calls.node);
  const does = doings(onFail);
  stream(`${base}/events`, {
    onState(state) {
      const clusters = inOrder(state.clusters ?? []);
      keyed(list, clusters, keyOf, () => clusterPart(does));
      calls.update(state.calls ?? []);
      const moving = clusters.flatMap((cluster) => cluster.services ?? []).filter(isMoving).length;
      setText(status, moving === 0 ? "All steady" : moving === 1 ? "1 deployment under way" : `${moving} deployments under way`);
      status.classList.toggle("is-moving", moving > 0);
      onBusy(moving);
    },
    onLink: (isOn) => node.classList.toggle("is-lost", !isOn),
  });
  return { renamed: calls.renamed, reveal: (service) => reveal(list.querySelector(`[data-service="${CSS.escape(service)}"]`)) };
}

function reveal(details) {
  if (!details) return;
  details.open = true;
  const choice = details.querySelector("select");
  details.scrollIntoView({ block: "nearest" });
  choice.focus();
}

// Production stands after what comes before it on the way there, and last what is of no environment.
const inOrder = (clusters) => [...clusters].sort((a, b) => rank(a) - rank(b));

function rank(cluster) {
  if (!cluster.tags?.Environment) return 2;
  return /^prod/i.test(environmentOf(cluster)) ? 1 : 0;
}

const keyOf = (cluster) => `${cluster.account}/${cluster.region}/${cluster.name}`;

function doings(onFail) {
  const send = async (what, body) => {
    try {
      await post(`${base}/${what}`, body);
      return true;
    } catch (error) {
      toast(error.message);
      return false;
    }
  };
  return {
    async fail(cluster, service, kind) {
      if ((await send("fail", { cluster, service, kind })) && kind) onFail();
    },
    tag: (arn, key, value) => send("tag", { arn, key, value }),
  };
}

function clusterPart(does) {
  const services = h("div", { class: "cluster-services" });
  const head = drawn(h("header", { class: "cluster-head" }), (cluster) => {
    const environment = environmentOf(cluster);
    return [h("h2", {}, environment),
      environment !== cluster.name && h("span", { class: "cluster-name" }, `cluster ${cluster.name}`),
      h("span", { class: "cluster-place" }, `${cluster.account} · ${cluster.region}`)];
  });
  const more = h("p", { class: "cluster-more" });
  const node = h("section", { class: "cluster" }, head.node, services, more);
  return {
    node,
    update(cluster) {
      node.dataset.cluster = cluster.name;
      const { services: all = [], ...rest } = cluster;
      head.update(rest);
      keyed(services, all, (service) => service.arn, () => servicePart(cluster.name, environmentOf(cluster), does));
      setText(more, cluster.more ? `and ${cluster.more} more` : "");
    },
  };
}

const environmentOf = (cluster) => cluster.tags?.Environment ?? cluster.name;
