package dev.jlava.model;

/// A tensor that a model is made of: its Hugging Face name within the part, and its shape.
public record TensorSpec(String name, long... shape) {
  public long numElements() {
    long count = 1;
    for (long size : shape) {
      count *= size;
    }
    return count;
  }
}
