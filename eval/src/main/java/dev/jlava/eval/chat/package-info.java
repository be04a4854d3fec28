/// Asking language models: over HTTP (any OpenAI-compatible endpoint) or a model on this machine,
/// within limits and a budget, with every reply kept so that it is paid for once.
@NullMarked
package dev.jlava.eval.chat;

import org.jspecify.annotations.NullMarked;
