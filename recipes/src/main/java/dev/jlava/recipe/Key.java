package dev.jlava.recipe;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// What a recipe's key means, its default and its range: the source of the JSON Schema, of error
/// texts and of the resolved recipe. A key without a default is required unless its type is
/// nullable.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.FIELD)
@interface Key {
  /// What it is, for editors and for the message where it is missing.
  String about();

  /// Default, as JSON; none if empty.
  String otherwise() default "";

  /// Least number allowed, or fewest items of a list.
  double least() default Double.NEGATIVE_INFINITY;

  /// Number that the value must exceed.
  double above() default Double.NEGATIVE_INFINITY;

  /// Largest number allowed, or most items of a list.
  double most() default Double.POSITIVE_INFINITY;

  /// Regular expression that a text must match.
  String pattern() default "";
}
