// Results turned into one offline HTML file, Markdown, terminal tables and JSON; the SVG plots.
// Not here: measuring or judging (glitch/), reading and writing files, printing (cli/).
// Start at mine-html.ts; what all forms share is in mine-figures.ts.

export { formatCount, formatFigure, formatSeconds, formatShare } from "./format.ts";
export { renderHealthHtml } from "./health-html.ts";
export { healthSummary, healthTable } from "./health-table.ts";
export { type HistogramGroup, type HistogramOptions, histogramPlot } from "./histogram-plot.ts";
export type { MineReportOptions } from "./mine-figures.ts";
export { renderMineHtml } from "./mine-html.ts";
export {
  type MineDocument,
  type MineDocumentToken,
  type MineJsonOptions,
  mineDocument,
} from "./mine-json.ts";
export { renderMineMarkdown } from "./mine-markdown.ts";
export { mineSummary, mineTable, type Table, type TableColumn, templateTable } from "./mine-table.ts";
export { renderMiningBenchHtml } from "./mining-bench-html.ts";
export { type BenchMachine, type MiningBenchRow, miningBenchDocument } from "./mining-bench-json.ts";
export { renderMiningBenchMarkdown } from "./mining-bench-markdown.ts";
export { recallCurves } from "./mining-bench-plot.ts";
export { attainedTable, costTable, differenceTable } from "./mining-bench-table.ts";
export { miningBenchNotes, modelLine } from "./mining-bench-text.ts";
export { type BenchOrigin, renderModelBenchHtml } from "./model-bench-html.ts";
export { modelBenchDocument } from "./model-bench-json.ts";
export { renderModelBenchMarkdown } from "./model-bench-markdown.ts";
export { memoryPlot, qualityPlot, speedPlot } from "./model-bench-plots.ts";
export { modelBenchTables, type TitledTable } from "./model-bench-table.ts";
export { modelBenchNotes } from "./model-bench-text.ts";
export { renderProfileHtml } from "./profile-html.ts";
export { profileDocument } from "./profile-json.ts";
export { lossPlot, timePlot } from "./profile-plots.ts";
export { profileTables } from "./profile-table.ts";
export { profileNotes } from "./profile-text.ts";
export { renderRoutingBenchHtml } from "./routing-bench-html.ts";
export { routingBenchDocument } from "./routing-bench-json.ts";
export { qualityCostPlot } from "./routing-bench-plot.ts";
export { routingBenchTables } from "./routing-bench-table.ts";
export { routingBenchNotes, routingFindings } from "./routing-bench-text.ts";
export { type ScatterOptions, type ScatterPoint, type ScatterSeries, scatterPlot } from "./scatter-plot.ts";
export { renderServingBenchHtml } from "./serving-bench-html.ts";
export { servingBenchDocument } from "./serving-bench-json.ts";
export { servingBenchNotes, servingBenchTable } from "./serving-bench-table.ts";
