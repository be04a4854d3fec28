/// Batches: samples as ids and labels, the order of an epoch, the split of a step into
/// micro-batches, and the packed arrays that a model reads. No DJL.
@NullMarked
package dev.jlava.data.batch;

import org.jspecify.annotations.NullMarked;
