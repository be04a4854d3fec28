/// Reports: of a run, of several runs side by side, of an evaluation. Each is gathered from what
/// its directory holds and written as one HTML page, as JSON and as Markdown.
@NullMarked
package dev.jlava.eval.report;

import org.jspecify.annotations.NullMarked;
