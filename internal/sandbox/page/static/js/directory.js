// Names for IDs: what mentions and authors are called in the state at hand.
import { unescaped } from "./mrkdwn.js";

/** directory looks names up in one state of the local Slack. */
export function directory(state) {
  const people = new Map((state.people ?? []).map((person) => [person.id, person]));
  const channels = new Map((state.channels ?? []).map((channel) => [channel.id, channel]));
  const groups = new Map((state.groups ?? []).map((group) => [group.id, group]));
  const bot = botOf(state);
  people.set(bot.id, bot);
  const named = (label) => (label ? unescaped(label) : undefined);
  return {
    bot,
    people,
    channels,
    person: (id, label) => `@${people.get(id)?.name ?? named(label) ?? id}`,
    channel: (id, label) => `#${channels.get(id)?.name ?? named(label) ?? "private channel"}`,
    group: (id, label) => `@${(groups.get(id)?.handle ?? named(label) ?? id).replace(/^@/, "")}`,
  };
}

// The list of people has no bots; before its first message the bot goes by the sandbox's own name for it.
function botOf(state) {
  const message = (state.channels ?? []).flatMap((channel) => channel.messages ?? []).find((each) => each.bot);
  return message ? { id: message.user, name: message.name, bot: true } : { id: "U0ECSBOT", name: "ecsbot", bot: true };
}
