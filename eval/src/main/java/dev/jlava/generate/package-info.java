/// Generation: an answer to a prompt with images, token by token, with a key-value cache.
@NullMarked
package dev.jlava.generate;

import org.jspecify.annotations.NullMarked;
