package dev.jlava.data.token;

/// Ids of a text and the place of each token in it.
///
/// @param starts [n] first char of each token
/// @param ends [n] exclusive end of each token; equal to its start for a space that stands only
///   among the ids
public record Encoding(int[] ids, int[] starts, int[] ends) {}
