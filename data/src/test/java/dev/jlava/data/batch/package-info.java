@NullMarked
package dev.jlava.data.batch;

import org.jspecify.annotations.NullMarked;
