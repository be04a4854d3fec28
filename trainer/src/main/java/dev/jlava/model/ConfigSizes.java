package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;

/// The sizes that a `config.json` gives: whole numbers of 1 or more.
record ConfigSizes(JsonNode config) {
  /// A size, or another where there is none.
  ///
  /// @throws ModelException where there is something else
  int get(String key, int otherwise) {
    JsonNode found = config.path(key);
    if (found.isMissingNode() || found.isNull()) {
      return otherwise;
    }
    if (!found.canConvertToInt() || !found.canConvertToExactIntegral() || found.intValue() < 1) {
      throw new ModelException(
          "config.json: %s is %s (expected a whole number of 1 or more); download or copy it again"
              .formatted(key, found));
    }
    return found.intValue();
  }

  /// A size that another is a multiple of.
  ///
  /// @throws ModelException where it is not
  int divisor(String key, int otherwise, String of, int size) {
    int found = get(key, otherwise);
    if (size % found != 0) {
      throw new ModelException(
          "config.json: %s is %d, which does not divide %s %d; download or copy it again"
              .formatted(key, found, of, size));
    }
    return found;
  }
}
