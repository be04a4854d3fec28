@NullMarked
package dev.jlava.eval.compat;

import org.jspecify.annotations.NullMarked;
