import { describe, expect, it } from "vitest";
import { chooseModels } from "./choose-models.ts";
import type { ListedAgent } from "./server-models.ts";

const model = (id: string, more: Partial<ListedAgent> = {}): ListedAgent => ({
  ...{ id, context: 2_048, tier: undefined, aliasOf: undefined },
  ...more,
});
const LISTED = [
  model("tiny", { tier: "small" }),
  model("local-tiny", { tier: "small", aliasOf: "tiny" }),
  model("mixtral", { tier: "large" }),
  model("plain"),
  model("auto"),
];
const ids = (wanted?: readonly string[]) => chooseModels(LISTED, wanted).map(({ id }) => id);

describe("chooseModels", () => {
  it("takes each model once, the large ones first, and no router that stands for several", () => {
    expect(ids()).toEqual(["mixtral", "tiny", "plain"]);
  });

  it("takes what is named, aliases and the router too", () => {
    expect(ids(["auto", "local-tiny"])).toEqual(["auto", "local-tiny"]);
  });

  it("refuses an id that there is not, or twice the same", () => {
    expect(() => ids(["mixtrall"])).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Did you mean mixtral?" }),
    );
    expect(() => ids(["tiny", "tiny"])).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});
