/// Linear layers as a model sees them: dense, or dense with a low-rank adapter (LoRA, DoRA) beside
/// it.
@NullMarked
package dev.jlava.adapter;

import org.jspecify.annotations.NullMarked;
