/// Conversations and their templates. A template renders a sample into text spans that know whether
/// they are learned, so labels are right by construction.
@NullMarked
package dev.jlava.data.conversation;

import org.jspecify.annotations.NullMarked;
