/// A judge, a language model, scores a model's answers beside reference answers: asking it, reading
/// what it says, and what the scores amount to.
@NullMarked
package dev.jlava.eval.judge;

import org.jspecify.annotations.NullMarked;
