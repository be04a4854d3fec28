@NullMarked
package dev.jlava.engine;

import org.jspecify.annotations.NullMarked;
