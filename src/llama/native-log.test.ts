import { expect, it } from "vitest";
import { createLogger } from "../logger.ts";
import { createNativeLog } from "./native-log.ts";

it("keeps lines from a mark on, at or above a level, however they arrive", () => {
  const { callback, since, mark } = createNativeLog(
    createLogger({ level: "silent", format: "text", write() {} }),
  );
  callback(2, "info\n");
  const from = mark();
  callback(4, "first ");
  callback(5, "line\nsec");
  callback(5, "ond\n\n");
  callback(2, "info again\n");
  callback(4, null);
  expect(since(from)).toEqual(["first line", "second"]);
  expect(since(from, 2)).toEqual(["first line", "second", "info again"]);
});

it("makes names from a hostile file harmless before they reach a message, and not before a reader of lines", () => {
  const written: string[] = [];
  const log = createNativeLog(
    createLogger({ level: "debug", format: "text", write: (line) => void written.push(line) }),
  );
  const heard: string[] = [];
  const stop = log.listen((line) => heard.push(line));
  log.callback(4, "unknown architecture '\u001b]0;x\u0007\u202e'\n");
  stop();
  log.callback(4, "later\n");
  expect(heard).toEqual(["unknown architecture '\u001b]0;x\u0007\u202e'"]);
  expect(log.since(0)[0]).toBe("unknown architecture '\\x1b]0;x\\x07\\u{202e}'");
  expect(written.join("")).not.toMatch(/\p{Cc}|\p{Cf}/u);
});
