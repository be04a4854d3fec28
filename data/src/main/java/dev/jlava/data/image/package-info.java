/// Images: decoding, PIL-exact resizing, and the pixel values that CLIP and SigLIP towers were
/// trained on.
@NullMarked
package dev.jlava.data.image;

import org.jspecify.annotations.NullMarked;
