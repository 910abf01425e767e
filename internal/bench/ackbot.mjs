// The least that a bot on Bolt can be: it acknowledges every command, and does nothing else.
import bolt from "@slack/bolt";

const app = new bolt.App({
  token: process.env.SLACK_BOT_TOKEN,
  appToken: process.env.SLACK_APP_TOKEN,
  socketMode: true,
  logLevel: bolt.LogLevel.WARN,
  clientOptions: { slackApiUrl: process.env.SLACK_API_URL },
});

app.command("/ecs", async ({ ack }) => {
  await ack();
});

await app.start();
console.error("connected");
