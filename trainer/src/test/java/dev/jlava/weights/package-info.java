@NullMarked
package dev.jlava.weights;

import org.jspecify.annotations.NullMarked;
