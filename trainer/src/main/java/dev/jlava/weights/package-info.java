/// Weight files: safetensors and torch archives, sharded or whole, memory-mapped, and the names in
/// them.
@NullMarked
package dev.jlava.weights;

import org.jspecify.annotations.NullMarked;
