/** @file Reports: tables, charts, pictures and self-contained pages. */
export { type ChartOptions, type ChartSeries, chartFile } from "./chart.js";
export { ContactSheet } from "./contact-sheet.js";
export { reportRecorder } from "./course.js";
export { type Comparison, deltaPercent, relativeImprovement } from "./delta.js";
export { htmlReport } from "./html-report.js";
export { formatNumber, formatPercent, formatSeconds } from "./numbers.js";
export { encodePicture, enlarge, type GridOptions, pictureGrid, pictureOfImage } from "./pictures.js";
export type { PictureTable, ReportData, ReportRun, ReportTask, TaskNumbers } from "./report-data.js";
export { resultsTable } from "./results-table.js";
export { type RunReport, writeComparison, writeRunReport } from "./run-report.js";
export { type Column, markdownTable, type Table, textTable } from "./table.js";
