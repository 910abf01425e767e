// Commands worth trying, by who one is and where.

const byName = {
  alice: ["/ecs help", "/ecs restart staging api", "/ecs status staging", "/ecs logs staging api"],
  bob: ["/ecs services staging", "/ecs status prod", "/ecs restart staging worker", "/ecs restart prod api"],
  carol: ["/ecs status staging", "/ecs logs staging web", "/ecs restart staging api"],
  mallory: ["/ecs restart staging api", "/ecs services prod", "/ecs whoami"],
};

const mentions = ["@ecsbot status staging", "@ecsbot restart staging api"];

/** hintsFor is the suggestions above the composer; threads and outsiders can only mention the bot. */
export function hintsFor(person, channel, isThread = false) {
  if (isThread || person.external) return mentions;
  if (channel.private) return ["/ecs whoami"];
  return byName[person.name] ?? ["/ecs help", "/ecs whoami", "/ecs services staging"];
}
