/// The training loop: stages, loss, optimizer, schedule, metrics.
@NullMarked
package dev.jlava.train;

import org.jspecify.annotations.NullMarked;
