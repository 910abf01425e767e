// The person's side of the local Slack: what somebody does in it, as posts to the sandbox.
import { post } from "./stream.js";
import { toast } from "./toast.js";

const base = "/sandbox/slack";

/** eventsOf is the address of the stream of what a person sees. */
export const eventsOf = (user) => `${base}/events?user=${encodeURIComponent(user)}`;

const settling = 300; // milliseconds in which what was refused shows in the state

/**
 * doings is everything that a person can do; user() says who it is at that moment, and isShown(words)
 * whether the page shows a refusal where it belongs: only others are shown as a toast.
 */
export function doings(user, isShown) {
  const send = (what, body) => post(`${base}/${what}`, { user: user(), ...body });
  const orSay = async (promise) => {
    try {
      return await promise;
    } catch (error) {
      setTimeout(() => isShown(error.message) || toast(error.message), settling);
      return undefined;
    }
  };
  return {
    say: (channel, text, thread) => orSay(send("command", { channel, text, thread_ts: thread })),
    click: (channel, message, block, element, value) =>
      orSay(send("action", { channel, message_ts: message.ts, ephemeral: message.ephemeral || undefined, ...elementOf(block, element), ...value })),
    clickInView: (view, block, element, value, values) => orSay(send("action", { view_id: view, ...elementOf(block, element), ...value, values })),
    searchInMessage: (channel, message, block, element, typed) => send("options", { channel, message_ts: message.ts, ...elementOf(block, element), value: typed }),
    searchInView: (view, block, element, typed) => send("options", { view_id: view, ...elementOf(block, element), value: typed }),
    submit: (view, values) => orSay(send("submit", { view_id: view, values })),
    close: (view) => orSay(send("close", { view_id: view })),
    useShortcut: (id) => orSay(send("shortcut", { id })),
    openHome: () => orSay(send("home", {})),
    invite: (channel) => orSay(send("invite", { channel })),
    kick: (channel) => orSay(send("kick", { channel })),
  };
}

const elementOf = (block, element) => ({ block_id: block.block_id, action_id: element.action_id, type: element.type });
