@NullMarked
package dev.jlava.eval.judge;

import org.jspecify.annotations.NullMarked;
