@NullMarked
package dev.jlava.architecture;

import org.jspecify.annotations.NullMarked;
