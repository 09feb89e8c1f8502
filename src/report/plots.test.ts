import { describe, expect, it } from "vitest";
import { binShares, histogramPlot } from "./histogram-plot.ts";
import { type ScatterOptions, type ScatterPoint, scatterPlot } from "./scatter-plot.ts";

const point = (id: number, x: number, y: number): ScatterPoint => ({ id, x, y, name: `token <${id}>` });

const small: ScatterOptions = {
  id: "plot",
  title: "norm against p",
  description: "Two groups.",
  xTitle: "input-norm",
  yTitle: "p(token)",
  series: [
    {
      name: "normal",
      ink: "normal",
      shape: "circle",
      points: [point(1, 1, 0.9), point(2, 1.2, 0.5)],
      atMost: 100,
    },
    { name: "uncertain", ink: "uncertain", shape: "diamond", points: [point(3, 0.8, 0.02)] },
    { name: "glitch", ink: "glitch", shape: "triangle", points: [point(4, 0.2, 1e-7), point(5, 0.3, 0)] },
  ],
  thresholds: [
    { value: 0.02, name: "echo" },
    { value: 0.018, name: "a-template-with-a-long-name" },
  ],
};

const many = Array.from({ length: 10_000 }, (_, id) => point(id, id === 77 ? 9 : 1 + (id % 50) / 100, 0.9));
const marksIn = (svg: string) => svg.match(/a2 2 0 1 0 4 0/g)?.length ?? 0;

describe("scatterPlot", () => {
  it("draws the same picture every time", async () => {
    await expect(scatterPlot(small)).toMatchFileSnapshot("./__snapshots__/scatter.svg");
  });

  it("thins a series to its limit, says so, and keeps the outlier", () => {
    const series = [{ name: "normal", ink: "normal", shape: "circle", points: many, atMost: 4_000 }] as const;
    const svg = scatterPlot({ ...small, series, thresholds: [] });
    expect(marksIn(svg)).toBe(4_000);
    expect(svg).toContain("normal (4,000 of 10,000 drawn)");
    // x = 9 is the right end of the scale, 8 pixels within the frame.
    expect(svg).toContain("M680 ");
  });

  it("never thins a series without a limit", () => {
    const series = [{ name: "glitch", ink: "glitch", shape: "triangle", points: many }] as const;
    expect(scatterPlot({ ...small, series }).match(/data-id=/g)).toHaveLength(10_000);
  });

  it("draws empty and degenerate data without NaN", () => {
    const series = [
      {
        name: "glitch",
        ink: "glitch",
        shape: "triangle",
        points: [point(1, 0, 0), point(2, Number.NaN, 0.5)],
      },
    ] as const;
    for (const options of [
      { ...small, series },
      { ...small, series: [], thresholds: [] },
    ])
      expect(scatterPlot(options)).not.toMatch(/NaN|Infinity/);
  });
});

describe("histogramPlot", () => {
  const groups = [
    { name: "normal", ink: "normal", values: [1, 1.1, 1.2, 1.2] },
    { name: "glitch", ink: "glitch", values: [0.1, Number.NaN] },
  ] as const;

  it("draws the same picture every time", async () => {
    const svg = histogramPlot({
      id: "h",
      title: "norm",
      description: "Shares.",
      xTitle: "norm",
      groups,
      bins: 8,
    });
    await expect(svg).toMatchFileSnapshot("./__snapshots__/histogram.svg");
  });

  it("counts the highest value into the last bin", () => {
    expect(binShares([0, 0.4, 0.5, 1], 0, 1, 2)).toEqual([0.5, 0.5]);
  });

  it("draws groups without values, or with one value only, without NaN", () => {
    const none = groups.map((group) => ({ ...group, values: [] }));
    const one = groups.map((group) => ({ ...group, values: [3] }));
    for (const data of [none, one]) {
      const svg = histogramPlot({
        id: "h",
        title: "norm",
        description: "Shares.",
        xTitle: "norm",
        groups: data,
      });
      expect(svg).not.toMatch(/NaN|Infinity/);
    }
  });
});
