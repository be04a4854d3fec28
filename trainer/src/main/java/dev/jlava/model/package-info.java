/// Vision encoders, projectors, decoders and the vision-language model they make. Reads like the
/// papers.
@NullMarked
package dev.jlava.model;

import org.jspecify.annotations.NullMarked;
