import { describe, expect, it } from "vitest";
import { ORDER_METHODS } from "../../glitch/index.ts";
import { chooseBudgets, chooseMethods, chooseSeeds, modelLabels } from "./plan.ts";

describe("chooseMethods", () => {
  it("takes all, or those named in the order in which they are named", () => {
    expect(chooseMethods(undefined)).toEqual(ORDER_METHODS);
    expect(chooseMethods(" random, census,random").map(({ id }) => id)).toEqual(["random", "census"]);
  });

  it.each([
    ["censsu", "Did you mean census?"],
    ["best", expect.stringContaining("Choose from census")],
  ])("refuses %s and helps", (name, hint) => {
    expect(() => chooseMethods(name)).toThrow(expect.objectContaining({ code: "USAGE", hint }));
  });

  it("refuses to compare nothing", () => {
    expect(() => chooseMethods(",")).toThrow(expect.objectContaining({ code: "USAGE" }));
  });
});

describe("chooseBudgets", () => {
  it("reads shares and numbers of probes", () => {
    expect(chooseBudgets("1%, 2.5%,400")).toEqual([{ share: 0.01 }, { share: 0.025 }, { probes: 400 }]);
  });

  it.each(["10m", "all", "100%", "", "5%,lots", "-1%"])("refuses %j", (text) => {
    expect(() => chooseBudgets(text)).toThrow(
      expect.objectContaining({ code: "USAGE", hint: expect.any(String) }),
    );
  });
});

it("seeds follow the first and stay seeds", () => {
  expect(chooseSeeds(7, 3)).toEqual([7, 8, 9]);
  expect(chooseSeeds(0xffff_ffff, 2)).toEqual([0xffff_ffff, 0]);
});

it("labels are short and none is given twice", () => {
  const file = (path: string) => ({ name: path.split("/").at(-1)!.replace(".gguf", ""), path });
  const labels = (...paths: string[]) => modelLabels(paths.map(file));
  expect(labels("/a/lab-moe.gguf", "/s/study-1/model.gguf")).toEqual(["lab-moe", "study-1"]);
  expect(labels("/a/x.gguf", "/b/x.gguf")).toEqual(["a/x", "b/x"]);
  expect(labels("/1/b/x.gguf", "/2/b/x.gguf")).toEqual(["/1/b/x.gguf", "/2/b/x.gguf"]);
});
