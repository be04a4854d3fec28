package dev.jlava.weights.gguf;

import java.util.List;

/// A value of the metadata: a Long, a Double, a Boolean, a String, or a List of them.
///
/// @param type of the value; of its elements if it is a list
record GgufValue(GgufValueType type, Object value) {
  boolean isList() {
    return value instanceof List;
  }

  @Override
  public String toString() {
    return isList() ? "a list of " + type : type + " " + value;
  }
}
