/// What tests of every module share: golden vectors and the readers for them.
@NullMarked
package dev.jlava.testing;

import org.jspecify.annotations.NullMarked;
