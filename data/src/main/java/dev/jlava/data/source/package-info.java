/// Readers of training data: LLaVA JSON and JSONL files become [Sample]s. A sample knows where it
/// came from, so that every error can say so.
@NullMarked
package dev.jlava.data.source;

import org.jspecify.annotations.NullMarked;
