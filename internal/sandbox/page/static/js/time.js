// Times as people read them.

// 24 hours, so that a message can be held against a log line.
const clock = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const seconds = new Intl.DateTimeFormat([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const day = new Intl.DateTimeFormat([], { weekday: "long", day: "numeric", month: "long" });
const shortDay = new Intl.DateTimeFormat([], { day: "numeric", month: "short" });
const longDay = new Intl.DateTimeFormat([], { day: "numeric", month: "long", year: "numeric" });

/** dateOf reads what the sandbox sends: epoch seconds (Slack's `ts` too), milliseconds or RFC 3339. */
export function dateOf(value) {
  const number = Number(value);
  if (Number.isNaN(number)) return new Date(value);
  return new Date(number > 1e11 ? number : number * 1000);
}

/** clockOf is hours and minutes. */
export // 24 hours, so that a message can be held against a log line.
const clockOf = (value) => clock.format(dateOf(value));

/** secondsOf is hours, minutes and seconds. */
export const secondsOf = (value) => seconds.format(dateOf(value));

/** dayOf names the day of a message. */
export function dayOf(value) {
  const date = dateOf(value);
  return date.toDateString() === new Date().toDateString() ? "Today" : day.format(date);
}

/** ageOf is how long ago something was, in its largest unit. */
export function ageOf(value, now = Date.now()) {
  const age = Math.max(0, Math.round((now - dateOf(value).getTime()) / 1000));
  if (age < 60) return `${age}s`;
  if (age < 3600) return `${Math.floor(age / 60)}m`;
  if (age < 86400) return `${Math.floor(age / 3600)}h`;
  return `${Math.floor(age / 86400)}d`;
}

/** dateToken fills in Slack's `<!date^…>` format, in the reader's own zone. */
export function dateToken(value, format) {
  const date = dateOf(value);
  const words = {
    date_num: date.toISOString().slice(0, 10),
    date: longDay.format(date),
    date_pretty: dayOf(value) === "Today" ? "today" : longDay.format(date),
    date_short: shortDay.format(date),
    date_short_pretty: dayOf(value) === "Today" ? "today" : shortDay.format(date),
    date_long: day.format(date),
    date_long_pretty: dayOf(value) === "Today" ? "today" : day.format(date),
    time: clockOf(value),
    time_secs: secondsOf(value),
    ago: `${ageOf(value)} ago`,
  };
  return format.replace(/\{(\w+)\}/g, (whole, name) => words[name] ?? whole);
}
