#!/usr/bin/env node
// Nothing is imported before Node's version is known: a missing feature would end in a syntax error instead
// of a sentence.
const NEEDED = [20, 19] as const;
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);

if (major < NEEDED[0] || (major === NEEDED[0] && minor < NEEDED[1])) {
  process.stderr.write(`assay needs Node ${NEEDED.join(".")} or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 3;
} else {
  const { runCli } = await import("./run-cli.ts");
  process.exitCode = await runCli(process.argv);
}
