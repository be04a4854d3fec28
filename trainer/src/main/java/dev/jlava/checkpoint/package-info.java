/// The run directory: checkpoints with manifests, metrics, and what a resumed run needs.
@NullMarked
package dev.jlava.checkpoint;

import org.jspecify.annotations.NullMarked;
