/// Models written in the layouts of other tools, each export read back and checked; and what weight
/// files hold, and where two of them differ.
@NullMarked
package dev.jlava.model.export;

import org.jspecify.annotations.NullMarked;
