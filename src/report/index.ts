/** @file Reports: tables, charts, pictures and self-contained pages. */
export { type ChartOptions, type ChartSeries, chartFile } from "./chart.js";
export { commonTasks } from "./common-tasks.js";
export { ContactSheet } from "./contact-sheet.js";
export { reportRecorder } from "./course.js";
export { type Comparison, deltaPercent, relativeImprovement } from "./delta.js";
export { evaluationNotes, type NamedEvaluation, writeEvaluations } from "./evaluation-page.js";
export { writeFeatures } from "./features.js";
export { htmlReport } from "./html-report.js";
export { writeLegend } from "./legend-page.js";
export { formatNumber, formatPercent, formatSeconds } from "./numbers.js";
export { encodePicture, enlarge, type GridOptions, pictureGrid, pictureOfImage } from "./pictures.js";
export type { PictureTable, ReportData, ReportRun, ReportTask, TaskNumbers } from "./report-data.js";
export { reportTask } from "./report-task.js";
export { resultsTable, runDelta } from "./results-table.js";
export { distinctNames, type RunReport, writeComparison, writeRunReport } from "./run-report.js";
export { type Column, markdownTable, type Table, textTable } from "./table.js";
