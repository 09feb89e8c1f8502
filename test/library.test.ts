// What the package exports is a promise: a name that goes or comes shows here.

import { describe, expect, it } from "vitest";
import * as library from "../src/index.ts";

describe("the library's door", () => {
  it("exports exactly these values", () => {
    expect(Object.keys(library).sort()).toMatchInlineSnapshot(`
      [
        "AppError",
        "CATALOGUE",
        "ERROR_CODES",
        "PROBE_TEMPLATES",
        "banFields",
        "cardOfFile",
        "classifyVocabulary",
        "convertFolder",
        "createFleet",
        "createGuard",
        "createLogger",
        "createRouter",
        "createScriptedModel",
        "dequantise",
        "describeModel",
        "estimateMemory",
        "findEntry",
        "findPolicy",
        "fingerprint",
        "guardVocabulary",
        "isAppError",
        "jsonSchemaToGrammar",
        "loadLibrary",
        "measureHealth",
        "measureWordHealth",
        "mine",
        "mineDocument",
        "mineSettings",
        "modelRunners",
        "openLocalModel",
        "openRunner",
        "openStore",
        "parseBudget",
        "pieceScores",
        "predictMemory",
        "prepareAnswer",
        "pullModel",
        "quantise",
        "readGguf",
        "readIndicators",
        "readTruth",
        "readWordList",
        "renderMineHtml",
        "renderMineMarkdown",
        "repairModel",
        "resolveModel",
        "routeFeatures",
        "runAnswer",
        "scoreAgainstTruth",
        "silentLogger",
        "streamRows",
        "verifyModel",
        "visibleToken",
      ]
    `);
  });
});
