package dev.jlava.data.token;

/// Ids of a text and where each token ends in it.
///
/// @param ends [n] exclusive end of each token, in chars of the text; never decreasing
public record Encoding(int[] ids, int[] ends) {}
