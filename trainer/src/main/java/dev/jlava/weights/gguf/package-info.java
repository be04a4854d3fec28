/// GGUF, llama.cpp's file format: metadata, tensors in blocks of quantised values, and the names
/// that both have there. Models are read and written in terms of Hugging Face's names.
@NullMarked
package dev.jlava.weights.gguf;

import org.jspecify.annotations.NullMarked;
