@NullMarked
package dev.jlava.eval.caption;

import org.jspecify.annotations.NullMarked;
