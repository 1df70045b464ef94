import { sha256Bytes } from '@app/kernel';

/** For A4 paper and for screens. No fonts, images or scripts from anywhere. */
export const STYLE = `
@page { size: A4; margin: 18mm 15mm 20mm; @bottom-right { content: counter(page) " / " counter(pages); font-size: 8pt; } }
:root { color-scheme: light; }
body { font: 10pt/1.5 "Hiragino Sans", "Noto Sans CJK JP", "Noto Sans JP", "Yu Gothic", "Segoe UI", sans-serif; color: #111; background: #fff; margin: 0 auto; max-width: 180mm; padding: 6mm; overflow-wrap: anywhere; }
h1 { font-size: 17pt; line-height: 1.3; margin: 0 0 2mm; }
h2 { font-size: 13pt; border-bottom: 1.5pt solid #234; margin: 9mm 0 3mm; break-after: avoid; }
h3 { font-size: 10.5pt; margin: 4mm 0 1mm; break-after: avoid; }
p { margin: 1mm 0; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0 4mm; margin: 1mm 0; }
dt { color: #456; }
dd { margin: 0; }
table { border-collapse: collapse; width: 100%; margin: 1.5mm 0; font-size: 9pt; overflow-wrap: break-word; }
th, td { border: 0.5pt solid #99a; padding: 0.8mm 1.6mm; text-align: left; vertical-align: top; }
th { background: #eef1f5; word-break: keep-all; }
thead { display: table-header-group; }
tr { break-inside: avoid; }
.yen, .count, .short { white-space: nowrap; font-variant-numeric: tabular-nums; }
.yen, .count { text-align: right; }
.sum td { border-top: 1.5pt solid #234; font-weight: bold; }
.event { border-left: 2pt solid #678; padding-left: 3mm; margin: 3mm 0; }
.undone { border-left-color: #b60; }
.flag { color: #8a3d00; font-weight: bold; }
.why { margin: 1.5mm 0 1.5mm 3mm; break-inside: avoid; }
.clause { font-weight: bold; }
.small { font-size: 8pt; color: #456; }
.mono { font: 8pt/1.4 ui-monospace, Menlo, Consolas, monospace; }
.warn { border: 1pt solid #b60; background: #fff8ee; padding: 2mm 3mm; }
pre { font: 7.5pt/1.4 ui-monospace, Menlo, Consolas, monospace; white-space: pre-wrap; border: 0.5pt solid #99a; padding: 2mm; }
li { margin: 0.8mm 0; }
@media print { body { max-width: none; padding: 0; } }
`;

const HASH = Buffer.from(sha256Bytes(STYLE)).toString('base64');

/** What the page may load: its own style and nothing else. For the header and, in a file, for the page itself. */
export const REPORT_CSP = `default-src 'none'; style-src 'sha256-${HASH}'; base-uri 'none'; form-action 'none'`;
