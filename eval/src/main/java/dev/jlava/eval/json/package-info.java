/// JSON files of evaluations: values that know where they stand, so that a message can say it.
@NullMarked
package dev.jlava.eval.json;

import org.jspecify.annotations.NullMarked;
