import { defineConfig } from "vitest/config";

// Native code runs in forks, one at a time and one project after the other: llama.cpp's threads spin, and two
// models on two cores slow each other tenfold.
const forks = (groupOrder: number) => ({ pool: "forks", maxWorkers: 1, sequence: { groupOrder } }) as const;

// A machine-readable report beside the one for people, for whoever adds up several runs.
const report = process.env.TEST_REPORT;

export default defineConfig({
  test: {
    reporters: report ? ["default", ["json", { outputFile: report }]] : ["default"],
    projects: [
      {
        test: {
          name: "unit",
          include: ["src/**/*.test.ts", "test/*.test.ts"],
          pool: "threads",
          // Modules are loaded once a worker and not once a file, which is half of the time of 200 files.
          isolate: false,
        },
      },
      { test: { name: "property", include: ["test/property/**/*.test.ts"], testTimeout: 60_000 } },
      // Damaged model files, read in processes of their own: 1,000 here, many more in `npm run test:fuzz`.
      { test: { name: "fuzz", include: ["test/fuzz/**/*.test.ts"], ...forks(1), testTimeout: 60_000 } },
      {
        test: {
          name: "fuzz-long",
          include: ["test/fuzz/model-files.test.ts"],
          ...forks(1),
          env: { FUZZ_CASES: process.env.FUZZ_CASES ?? "20000" },
        },
      },
      { test: { name: "golden", include: ["test/golden/**/*.test.ts"], ...forks(1), testTimeout: 120_000 } },
      { test: { name: "native", include: ["test/native/**/*.test.ts"], ...forks(2), testTimeout: 180_000 } },
      {
        test: { name: "package", include: ["test/package/**/*.test.ts"], ...forks(3), testTimeout: 120_000 },
      },
      { test: { name: "e2e", include: ["test/e2e/**/*.test.ts"], ...forks(4), testTimeout: 180_000 } },
      { test: { name: "browser", include: ["test/browser/**/*.test.ts"], ...forks(5), testTimeout: 60_000 } },
    ],
  },
});
