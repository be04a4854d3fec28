/// The report of a run: one self-contained HTML page and the same facts as JSON. Knows what it
/// shows only from [ReportData]; whoever ran the stages and the evaluations fills that.
@NullMarked
package dev.jlava.eval.report;

import org.jspecify.annotations.NullMarked;
