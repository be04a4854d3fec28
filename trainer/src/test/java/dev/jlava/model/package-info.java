@NullMarked
package dev.jlava.model;

import org.jspecify.annotations.NullMarked;
