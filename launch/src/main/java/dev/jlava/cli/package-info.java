/// The command line: thin commands over the modules below.
@NullMarked
package dev.jlava.cli;

import org.jspecify.annotations.NullMarked;
