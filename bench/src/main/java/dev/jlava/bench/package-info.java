/// Proofs and measurements on models of real size. Nothing else depends on this package.
@NullMarked
package dev.jlava.bench;

import org.jspecify.annotations.NullMarked;
