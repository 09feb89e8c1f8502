import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { mineSettings, parseBudget } from "../../glitch/index.ts";
import { addPreset, PRESETS, type PresetFlags, presetOf, withPreset } from "./presets.ts";

describe("presets of a mine", () => {
  it("are known by name, and a misspelt one gets the nearest", () => {
    expect(presetOf("research")).toBe("research");
    expect(() => presetOf("prodction")).toThrow(
      expect.objectContaining({ code: "USAGE", hint: "Did you mean production?" }),
    );
    expect(() => presetOf("x")).toThrow(expect.objectContaining({ hint: expect.stringContaining("dev") }));
  });

  it.each(Object.keys(PRESETS))("%s is explained by --help", (name) => {
    const help = addPreset(new Command("mine")).helpInformation().replaceAll(/\s+/g, " ");
    expect(help).toContain(`${name}: ${PRESETS[presetOf(name)].purpose}`);
  });

  it("production is what a mine does by itself", () => {
    const { numAttempts, validationTokens, asrThreshold } = PRESETS.production.flags;
    const validation = { attempts: numAttempts, maxTokens: validationTokens, threshold: asrThreshold };
    expect(mineSettings({ budget: { all: true }, validation })).toEqual(mineSettings());
  });

  it("have budgets that can be read", () => {
    for (const { flags } of Object.values(PRESETS) as { flags: PresetFlags }[])
      expect(flags.budget === undefined || parseBudget(flags.budget)).toBeTruthy();
  });

  it("give way to flags, and to what a flag excludes", () => {
    expect(withPreset({ budget: "5%" }, "dev")).toEqual({ budget: "5%", disableEnhancedValidation: true });
    expect(withPreset({ all: true }, "dev")).toEqual({ all: true, disableEnhancedValidation: true });
    expect(withPreset({ numAttempts: 3 }, "dev")).toEqual({ budget: "2%", numAttempts: 3 });
    expect(withPreset({ budget: "90s" }, "research")).not.toHaveProperty("all");
    expect(withPreset({ disableEnhancedValidation: true }, "research")).toEqual({
      all: true,
      disableEnhancedValidation: true,
    });
    expect(withPreset({ numIterations: 5 } as PresetFlags, "dev")).not.toHaveProperty("budget");
  });
});
