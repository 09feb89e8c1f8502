import { describe, expect, it } from "vitest";
import { formatTable } from "./table.ts";
import { fitText, textWidth } from "./text-width.ts";

describe("textWidth", () => {
  it.each([
    ["fox", 3],
    ["狐", 2],
    ["ｆ", 2],
    ["ﾌ", 1],
    ["한글", 4],
    ["e\u0301", 1],
    ["▁é", 2],
    ["🦊", 2],
    ["", 0],
  ])("of %s is %i", (text, width) => {
    expect(textWidth(text)).toBe(width);
  });
});

it("cuts between characters, never within, and marks the cut", () => {
  expect(fitText("狐狐狐", 6)).toBe("狐狐狐");
  expect(fitText("狐狐狐", 5)).toBe("狐狐…");
  expect(fitText("狐狐狐", 4)).toBe("狐…");
  expect(fitText("abc", 2)).toBe("a…");
});

it("aligns wide characters", () => {
  const columns = [{ title: "token" }, { title: "rank", align: "right" }] as const;
  expect(
    formatTable(columns, [
      ["狐", "1"],
      ["fox", "12"],
    ]),
  ).toBe("token  rank\n狐        1\nfox      12");
});
