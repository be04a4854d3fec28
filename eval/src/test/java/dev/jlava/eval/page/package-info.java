@NullMarked
package dev.jlava.eval.page;

import org.jspecify.annotations.NullMarked;
