// Where one is, kept in the address: #/person/channel/thread. It can be bookmarked, and survives a reload.

/** route reads the address. */
export function route() {
  const [, person, channel, thread] = location.hash.split("/");
  return { person: person || "", channel: channel || "", thread: thread || "" };
}

/** go writes the address; whoever listens to `hashchange` draws anew. */
export function go({ person, channel, thread }) {
  const hash = `#/${[person, channel, thread].filter(Boolean).join("/")}`;
  if (location.hash !== hash) location.hash = hash;
}
