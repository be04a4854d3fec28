@NullMarked
package dev.jlava.hub;

import org.jspecify.annotations.NullMarked;
