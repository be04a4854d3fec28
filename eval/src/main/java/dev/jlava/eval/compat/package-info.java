/// What Python's own functions do with numbers and texts, where the reference scripts of the
/// benchmarks rely on it: scores are equal to the printed digit.
@NullMarked
package dev.jlava.eval.compat;

import org.jspecify.annotations.NullMarked;
