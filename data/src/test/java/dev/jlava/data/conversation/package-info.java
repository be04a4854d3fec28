@NullMarked
package dev.jlava.data.conversation;

import org.jspecify.annotations.NullMarked;
