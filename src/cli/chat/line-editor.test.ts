import { PassThrough } from "node:stream";
import { expect, test, vi } from "vitest";
import { openLineEditor } from "./line-editor.ts";

function typing() {
  const input = new PassThrough();
  const output = new PassThrough();
  const onCtrlC = vi.fn();
  let shown = "";
  output.on("data", (chunk: Buffer) => (shown += chunk));
  const editor = openLineEditor({
    input: input as unknown as NodeJS.ReadStream,
    output: output as unknown as NodeJS.WriteStream,
    ...{ prompt: ">>> ", morePrompt: "... ", onCtrlC },
  });
  return { editor, onCtrlC, type: (keys: string) => void input.write(keys), shown: () => shown };
}
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

test("a line is edited and sent, and what is typed meanwhile waits unseen", async () => {
  const { editor, type, shown } = typing();
  const first = editor.next(false);
  type("helo\b\u007flo\r");
  expect(await first).toBe("helo");
  type("ahead\r");
  await soon();
  expect(shown()).not.toContain("ahead");
  expect(await editor.next(false)).toBe("ahead");
  editor.close();
});

test("a paste of several lines is one text, without the end of its last line", async () => {
  const { editor, type } = typing();
  const first = editor.next(false);
  type("\u001b[200~one\ntwo\u001b[201~");
  await soon();
  type(" more\r");
  expect(await first).toBe("one\ntwo more");
  const second = editor.next(false);
  type("\u001b[200~/help\n\u001b[201~\r");
  expect(await second).toBe("/help");
  editor.close();
});

test("Ctrl-C takes back what is typed, then goes on; Ctrl-D ends", async () => {
  const { editor, type, onCtrlC, shown } = typing();
  const line = editor.next(false);
  type("wrong\u0003");
  await soon();
  expect(onCtrlC).not.toHaveBeenCalled();
  type("right\r");
  expect(await line).toBe("right");
  const none = editor.next(true);
  expect(shown()).toContain("... ");
  type("\u0003");
  await soon();
  expect(onCtrlC).toHaveBeenCalledOnce();
  type("\u0004");
  expect(await none).toBeUndefined();
  expect(await editor.next(false)).toBeUndefined();
  editor.close();
  expect(shown().endsWith("\n\u001b[?2004l")).toBe(true);
});
