// A thread beside its channel: the first message, the replies, and a composer of its own.
import { glyph, h, setText } from "./dom.js";
import { composer } from "./composer.js";
import { hintsFor } from "./hints.js";
import { messageList } from "./messages.js";
import { namesOf, placeOf } from "./room.js";

/** threadPane draws into node; app is what room has, and closeThread(). */
export function threadPane(node, app) {
  const where = h("span", { class: "thread-where" });
  const head = h("header", { class: "room-head" },
    h("button", { type: "button", class: "quiet", "aria-label": "Back to the channel", title: "Back to the channel", data: { testid: "close-thread" }, onclick: () => app.closeThread() }, glyph("back")),
    h("h1", { class: "room-name" }, "Thread"), where);
  let open = "";
  let list;
  let writer;
  const enter = (channel, ts) => {
    list = messageList({ ...placeOf(channel.id, app), openThread: undefined }, h("p", { class: "messages-empty" }, "This message is gone."));
    writer = composer((text) => {
      list.toEnd();
      return app.does.say(channel.id, text, ts);
    });
    node.replaceChildren(head, list.node, writer.node);
  };
  node.addEventListener("keydown", (event) => event.key === "Escape" && app.closeThread());
  return {
    update(channel, ts) {
      node.hidden = !ts;
      if (!ts) {
        open = "";
        return;
      }
      const isNew = open !== `${channel.id} ${ts}`;
      if (isNew) enter(channel, ts);
      open = `${channel.id} ${ts}`;
      setText(where, channel.im ? "with ecsbot" : `#${channel.name}`);
      list.update(messagesOf(channel, ts));
      if (isNew) list.toEnd();
      writer.update(askOf(channel, app));
    },
  };
}

function messagesOf(channel, ts) {
  const root = (channel.messages ?? []).find((message) => message.ts === ts);
  return root ? [{ ...root, replyCount: 0, replies: undefined, isRoot: true }, ...(root.replies ?? [])] : [];
}

function askOf(channel, app) {
  return {
    placeholder: "Reply…",
    hints: hintsFor(app.state().me ?? {}, channel, true),
    commands: [],
    names: namesOf(app),
    note: "Slack has no slash commands in threads: mention @ecsbot instead.",
    reason: channel.member === false ? "Only members of the channel can reply." : undefined,
  };
}
