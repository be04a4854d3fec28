/// Tests of GGUF.
@NullMarked
package dev.jlava.weights.gguf;

import org.jspecify.annotations.NullMarked;
