/// Tests of the package of the same name.
@NullMarked
package dev.jlava.eval.chat;

import org.jspecify.annotations.NullMarked;
