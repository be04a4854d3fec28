/// Tensors, scopes, operators and the tape: the only package that knows DJL, libtorch and foreign
/// memory.
@NullMarked
package dev.jlava.engine;

import org.jspecify.annotations.NullMarked;
