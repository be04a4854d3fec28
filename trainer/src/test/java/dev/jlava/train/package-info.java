@NullMarked
package dev.jlava.train;

import org.jspecify.annotations.NullMarked;
