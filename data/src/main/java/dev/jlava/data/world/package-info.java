/// The embedded world: rendered scenes of coloured shapes, and the captions, boxes and
/// conversations about them. Everything follows from a seed, so that a quickstart needs no
/// download.
@NullMarked
package dev.jlava.data.world;

import org.jspecify.annotations.NullMarked;
