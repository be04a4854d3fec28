@NullMarked
package dev.jlava.data.token;

import org.jspecify.annotations.NullMarked;
