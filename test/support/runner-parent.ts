/** A program that opens a runner, tells its process id, and works until it is killed: for test/native/runner.test.ts. */

import { openRunner } from "../../src/engine/index.ts";

const model = await openRunner({ path: process.argv[2]!, threads: 1, gpu: "off", context: 512 });
console.log(model.pid);
for (;;) for await (const _ of model.generate({ prompt: [1, 300], maxTokens: 400, ignoreEos: true }));
