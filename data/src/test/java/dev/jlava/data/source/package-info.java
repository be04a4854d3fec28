@NullMarked
package dev.jlava.data.source;

import org.jspecify.annotations.NullMarked;
