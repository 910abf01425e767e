// The channel (or home tab) that is open: its head, its messages and the composer.
import { drawn, glyph, h } from "./dom.js";
import { composer } from "./composer.js";
import { homeTab } from "./home.js";
import { home } from "./sidebar.js";
import { hintsFor } from "./hints.js";
import { messageList } from "./messages.js";

/** room draws into node; app is {state(), directory(), names(), does, openThread(ts)}. */
export function room(node, app, steps) {
  const head = drawn(h("header", { class: "room-head" }), (channel, connections) => headOf(channel, connections, app));
  const tab = homeTab(app.does);
  const writer = composer((text) => {
    list.toEnd();
    return app.does.say(current, text);
  }, app.does.useShortcut);
  let current;
  let list;
  const enter = (channel) => {
    current = channel.id;
    list = messageList(placeOf(channel.id, app), emptyOf(channel));
    node.replaceChildren(head.node, list.node, steps.node, writer.node);
  };
  return {
    fill: (text) => writer.fill(text),
    update(channel) {
      head.update(channel, app.state().connections);
      if (channel.id === home) {
        current = home;
        if (tab.node.parentElement !== node) node.replaceChildren(head.node, tab.node);
        return tab.update(app.state().home, app.directory(), app.names());
      }
      const isNew = current !== channel.id;
      if (isNew) enter(channel);
      list.update(channel.messages ?? []);
      if (isNew) list.toEnd();
      return writer.update(askOf(channel, app));
    },
  };
}

/** placeOf is what messages of a channel need to know and can do. */
export function placeOf(channel, app) {
  return {
    directory: app.directory,
    names: app.names,
    openThread: app.openThread,
    act: (message, block, element, value) => app.does.click(channel, message, block, element, value),
    search: (message, block, element, typed) => app.does.searchInMessage(channel, message, block, element, typed),
  };
}

/** namesOf is whom one can mention. */
export function namesOf(app) {
  const { people, bot } = app.directory();
  return [{ ...bot, title: "the bot" }, ...[...people.values()].filter((person) => !person.bot)];
}

function askOf(channel, app) {
  const { commands, shortcuts, me } = app.state();
  return {
    placeholder: channel.im ? "Message ecsbot" : `Message #${channel.name}`,
    hints: hintsFor(me ?? {}, channel),
    commands: commands ?? [],
    shortcuts: shortcuts ?? [],
    names: namesOf(app),
    reason: channel.member === false ? `${me?.name ?? "This person"} is not in #${channel.name}.` : undefined,
  };
}

function headOf(channel, connections, app) {
  if (channel.id === home) return [glyph("home"), h("h1", { class: "room-name" }, "ecsbot home")];
  const isBotIn = channel.botMember !== false;
  return [
    glyph(channel.im ? "chat" : channel.private ? "lock" : channel.shared ? "shared" : "hash"),
    h("h1", { class: "room-name" }, channel.im ? "ecsbot" : channel.name),
    channel.shared && h("span", { class: "badge badge-external" }, "shared with another company"),
    !channel.im && h("button", {
      type: "button", class: isBotIn ? "room-bot" : "room-bot is-out", data: { testid: "bot-member" },
      title: isBotIn ? "Remove ecsbot from this channel" : "Invite ecsbot to this channel",
      onclick: () => (isBotIn ? app.does.kick(channel.id) : app.does.invite(channel.id)),
    }, isBotIn ? "ecsbot is here" : "Invite ecsbot"),
  ];
}

function emptyOf(channel) {
  const what = channel.im ? "Here ecsbot answers you alone." : `Nothing has been said in #${channel.name} yet.`;
  return h("div", { class: "messages-empty" }, h("p", {}, what));
}
