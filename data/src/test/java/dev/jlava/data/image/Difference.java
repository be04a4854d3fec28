package dev.jlava.data.image;

/// How far 8-bit values are from the expected ones.
record Difference(int max, double mean) {
  static Difference of(byte[] found, byte[] expected) {
    if (found.length != expected.length) {
      throw new AssertionError("found " + found.length + " bytes, expected " + expected.length);
    }
    int max = 0;
    long sum = 0;
    for (int i = 0; i < found.length; i++) {
      int difference = Math.abs((found[i] & 0xFF) - (expected[i] & 0xFF));
      max = Math.max(max, difference);
      sum += difference;
    }
    return new Difference(max, (double) sum / found.length);
  }
}
