/// Evaluation tasks: questions with references, the answers of a model, and how they are scored.
@NullMarked
package dev.jlava.eval.task;

import org.jspecify.annotations.NullMarked;
