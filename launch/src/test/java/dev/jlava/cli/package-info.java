@NullMarked
package dev.jlava.cli;

import org.jspecify.annotations.NullMarked;
