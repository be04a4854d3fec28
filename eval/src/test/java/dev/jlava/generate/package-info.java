@NullMarked
package dev.jlava.generate;

import org.jspecify.annotations.NullMarked;
