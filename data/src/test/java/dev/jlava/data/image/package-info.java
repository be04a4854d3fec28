/// Images against Pillow and transformers.
@NullMarked
package dev.jlava.data.image;

import org.jspecify.annotations.NullMarked;
