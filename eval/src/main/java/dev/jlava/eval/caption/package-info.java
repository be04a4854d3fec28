/// What captions are worth beside people's: BLEU and CIDEr, and the words that these count.
@NullMarked
package dev.jlava.eval.caption;

import org.jspecify.annotations.NullMarked;
