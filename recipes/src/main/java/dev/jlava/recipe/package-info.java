/// Recipes: the records that a YAML file binds to, the loader that reports all problems at once,
/// and the JSON Schema. Knows nothing of DJL.
@NullMarked
package dev.jlava.recipe;

import org.jspecify.annotations.NullMarked;
