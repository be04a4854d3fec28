@NullMarked
package dev.jlava.eval.report;

import org.jspecify.annotations.NullMarked;
