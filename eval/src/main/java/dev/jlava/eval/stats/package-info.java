/// How sure figures are: intervals of one model's, and chances that two models' differ by luck.
@NullMarked
package dev.jlava.eval.stats;

import org.jspecify.annotations.NullMarked;
