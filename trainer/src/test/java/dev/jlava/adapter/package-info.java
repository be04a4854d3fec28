@NullMarked
package dev.jlava.adapter;

import org.jspecify.annotations.NullMarked;
