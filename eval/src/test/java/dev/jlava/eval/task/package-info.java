@NullMarked
package dev.jlava.eval.task;

import org.jspecify.annotations.NullMarked;
