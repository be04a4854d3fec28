/// Scores that a judge, a language model, gives to pairs of answers: reading and averaging them.
@NullMarked
package dev.jlava.eval.judge;

import org.jspecify.annotations.NullMarked;
