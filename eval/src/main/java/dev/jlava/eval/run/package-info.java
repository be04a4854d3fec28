/// Evaluations: models are asked the questions of tasks, their answers are kept and scored.
@NullMarked
package dev.jlava.eval.run;

import org.jspecify.annotations.NullMarked;
