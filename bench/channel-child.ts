/** The other end of bench/runner.ts's channel: sends as many messages as it is asked for, one behind the other. */

process.on("message", async ({ messages, tokens }: { messages: number; tokens: number }) => {
  // As a runner's batch at one token of every stream; a record in place of its map, which JSON has none of.
  const events = Array.from({ length: tokens }, (_, stream) => [
    stream,
    [{ type: "token", sample: 0, id: 4_711 + stream, text: " word" }],
  ]);
  const state = {
    usage: { cells: 4_608, reserved: 900, cached: 100, active: tokens, waiting: 0 },
    resident: 2e8,
  };
  for (let at = 0; at < messages; at++)
    await new Promise<void>((resolve, reject) => {
      process.send?.({ type: "batch", items: events, ends: [], state }, undefined, undefined, (error) =>
        error ? reject(error) : resolve(),
      );
    });
});
process.on("disconnect", () => process.exit());
