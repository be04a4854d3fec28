package dev.jlava.eval.stats;

/// A figure and where it would lie with other questions of the same kind.
///
/// @param low NaN, as [#high], where fewer than two values do not say
public record Interval(double estimate, double low, double high) {}
