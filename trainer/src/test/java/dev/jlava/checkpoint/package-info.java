@NullMarked
package dev.jlava.checkpoint;

import org.jspecify.annotations.NullMarked;
