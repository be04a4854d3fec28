/// Tests of the package of the same name.
@NullMarked
package dev.jlava.eval.stats;

import org.jspecify.annotations.NullMarked;
