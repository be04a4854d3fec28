/// Tokenizers: Hugging Face `tokenizer.json` and SentencePiece `tokenizer.model`, with the ids that
/// Hugging Face gives.
@NullMarked
package dev.jlava.data.token;

import org.jspecify.annotations.NullMarked;
