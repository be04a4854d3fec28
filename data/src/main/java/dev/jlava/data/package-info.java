/// What the packages below share: the exception that a fault in the data raises.
@NullMarked
package dev.jlava.data;

import org.jspecify.annotations.NullMarked;
