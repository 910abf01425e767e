// The page: two streams of states in, everything drawn from them.
import { setText } from "./dom.js";
import { directory } from "./directory.js";
import { doings, eventsOf } from "./slack.js";
import { firstSteps, stepOf } from "./steps.js";
import { fleet } from "./fleet.js";
import { go, route } from "./route.js";
import { home, sidebar } from "./sidebar.js";
import { modal } from "./modal.js";
import { peopleSwitcher } from "./people.js";
import { room } from "./room.js";
import { stream } from "./stream.js";
import { tabs } from "./tabs.js";
import { threadPane } from "./thread.js";

const at = (id) => document.getElementById(id);
const firstPerson = "U0ALICE";

let state = {};
let names = directory({});
let hold = () => {};
let followed;
let pending;

const does = noticing(doings(() => followed, isShown));
const app = {
  state: () => state,
  directory: () => names,
  names: () => JSON.stringify([...names.people.values()].map((person) => [person.id, person.name, person.external])),
  does,
  openThread: (thread) => go({ ...here(), thread }),
  closeThread: () => go({ ...here(), thread: "" }),
};
const steps = firstSteps(take);
const drawPeople = peopleSwitcher(at("people"), (person) => go({ ...here(), person, thread: "" }));
const drawChannels = sidebar(at("channels"), (channel) => go({ ...here(), channel, thread: "" }));
const drawModal = modal(does);
const open = room(at("room"), app, steps);
const thread = threadPane(at("thread"), app);
const show = tabs(at("stage"));
const aside = fleet(at("fleet"), {
  nameOf: (id) => names.people.get(id)?.name,
  onFail: () => steps.done("fail"),
  onBusy: (busy) => setText(at("fleet-busy"), busy ? String(busy) : ""),
});

function here() {
  return { person: followed, channel: channelAt()?.id, thread: route().thread };
}

// noticing ticks first steps off as the things are done.
function noticing(all) {
  return {
    ...all,
    async say(channel, text, in_thread) {
      const sent = await all.say(channel, text, in_thread);
      const step = sent && stepOf(state.me?.name, text);
      if (step) steps.done(step);
      else if (sent) steps.fold();
      return sent;
    },
  };
}

// What Slack says stands at a message, as a message to this person alone, or at a form's field.
function isShown(words) {
  const messages = (state.channels ?? []).flatMap((channel) => channel.messages ?? []);
  const all = [...messages, ...messages.flatMap((message) => message.replies ?? [])];
  return all.some((message) => message.error === words) || (state.views ?? []).some((view) => Object.values(view.errors ?? {}).includes(words));
}

function take(step) {
  if (step.id === "fail") {
    show("fleet");
    return aside.reveal("staging/billing");
  }
  const person = (state.people ?? []).find((each) => each.name === step.person)?.id ?? followed;
  pending = step.text;
  go({ person, channel: step.channel ?? "C01OPS" });
  return draw();
}

function follow(person) {
  if (person === followed) return;
  hold();
  followed = person;
  hold = stream(eventsOf(person), {
    onLink: (on) => setLink(on),
    onState(next) {
      state = next;
      names = directory(state);
      draw();
      aside.renamed();
    },
  });
}

// A person who cannot see the channel of the one before is shown the first of their own.
function channelAt() {
  const wanted = route().channel;
  const channels = state.channels ?? [];
  if (wanted === home) return { id: home, name: home };
  return channels.find((each) => each.id === wanted) ?? channels.find((each) => each.member !== false && !each.im) ?? channels[0];
}

function draw() {
  drawPeople(state.people ?? [], followed);
  if (state.me?.id !== followed) return;
  const channel = channelAt();
  setText(at("workspace"), state.workspace ?? "Acme");
  drawChannels(state, channel?.id);
  if (channel) open.update(channel);
  thread.update(channel ?? {}, channel?.id === home ? "" : route().thread);
  at("slack").classList.toggle("has-thread", !at("thread").hidden);
  drawModal(state.views ?? [], names);
  setLink(true);
  if (channel?.id === "C02AUDIT" && channel.messages?.length) steps.done("audit");
  if (pending && channel && channel.id !== home) {
    open.fill(pending);
    pending = undefined;
  }
}

function setLink(isOn) {
  const link = at("link");
  const bots = state.connections ?? 0;
  link.className = `link ${!isOn ? "is-off" : bots ? "is-on" : "is-waiting"}`;
  setText(link, !isOn ? "Sandbox not reachable" : bots ? "Bot connected" : "No bot connected");
  link.title = isOn ? `${bots} Socket Mode connections` : "The page tries again by itself";
}

function moved() {
  const { person, channel } = route();
  follow(person || firstPerson);
  if (channel === home) does.openHome();
  draw();
}

addEventListener("hashchange", moved);
moved();
