// A small app on Bolt: it answers /ecs, a click, a form and a mention, and says on
// standard output when it is connected. SLACK_API_URL names the Slack to talk to.
import bolt from "@slack/bolt";

const app = new bolt.App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: bolt.LogLevel.WARN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

const button = {
  type: "actions",
  elements: [{ type: "button", action_id: "form", text: { type: "plain_text", text: "Open the form" } }],
};

const form = {
  type: "modal",
  callback_id: "form",
  title: { type: "plain_text", text: "A form" },
  submit: { type: "plain_text", text: "Send" },
  blocks: [
    {
      type: "input",
      block_id: "service",
      label: { type: "plain_text", text: "Service" },
      element: { type: "plain_text_input", action_id: "service" },
    },
  ],
};

app.command("/ecs", async ({ command, ack, client, respond }) => {
  await ack({ text: `ack: ${command.text}` });
  await client.chat.postMessage({ channel: command.channel_id, text: "card", blocks: [button] });
  await respond({ text: "respond", response_type: "ephemeral" });
});

app.action("form", async ({ ack, body, client }) => {
  await ack();
  await client.views.open({ trigger_id: body.trigger_id, view: form });
});

app.view("form", async ({ ack, view, client }) => {
  const service = view.state.values.service.service.value;
  if (service !== "api") {
    await ack({ response_action: "errors", errors: { service: "no such service" } });
    return;
  }
  await ack();
  await client.files.uploadV2({ channel_id: "C01OPS", filename: "api.log", title: "api", content: "a line\n" });
});

app.event("app_mention", async ({ event, say }) => {
  await say({ text: `mention: ${event.text}`, thread_ts: event.thread_ts ?? event.ts });
});

await app.start();
console.log("connected");
