@NullMarked
package dev.jlava.recipe;

import org.jspecify.annotations.NullMarked;
