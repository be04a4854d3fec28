/// Models of the Hugging Face hub: found in the local cache, which Python's huggingface_hub shares,
/// or fetched over HTTP.
@NullMarked
package dev.jlava.hub;

import org.jspecify.annotations.NullMarked;
