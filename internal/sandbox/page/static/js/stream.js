// The page's two lines to the sandbox: event streams in, JSON posts out.

/**
 * stream follows an event stream of states. It lets go while the page is hidden: a browser opens six
 * connections to one server, and pages in the background must not use them up.
 */
export function stream(address, { onState, onLink }) {
  let source;
  const open = () => {
    source = new EventSource(address);
    source.addEventListener("state", (event) => {
      onLink?.(true);
      onState(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      onLink?.(false);
      if (source?.readyState === EventSource.CLOSED) retry();
    });
  };
  const shut = () => {
    source?.close();
    source = undefined;
  };
  let timer;
  const retry = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      shut();
      open();
    }, 1500);
  };
  const follow = () => {
    if (document.hidden) shut();
    else if (!source) open();
  };
  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", follow);
    shut();
  };
}

/** post sends JSON and returns the result; it throws an Error with the server's own words. */
export async function post(address, body) {
  let answer;
  try {
    answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error("The sandbox does not answer. Is it still running?");
  }
  const text = await answer.text();
  const said = parse(text);
  if (!answer.ok || said.ok === false) throw new Error(said.error || text.trim() || `The sandbox answered ${answer.status}.`);
  return said.result ?? said;
}

function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
