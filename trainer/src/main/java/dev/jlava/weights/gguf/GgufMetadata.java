package dev.jlava.weights.gguf;

import dev.jlava.weights.WeightsException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The keys and values of a GGUF file, in its order.
public final class GgufMetadata {
  private final Path file;
  private final Map<String, GgufValue> values = new LinkedHashMap<>();

  /// Metadata without a key yet.
  ///
  /// @param file for messages
  public GgufMetadata(Path file) {
    this.file = file;
  }

  /// The file that the metadata is of.
  public Path file() {
    return file;
  }

  Map<String, GgufValue> values() {
    return Collections.unmodifiableMap(values);
  }

  /// Sets a key.
  ///
  /// @return whether it is new
  boolean put(String key, GgufValue value) {
    return values.put(key, value) == null;
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  public GgufMetadata uint32(String key, long value) {
    put(key, new GgufValue(GgufValueType.UINT32, value));
    return this;
  }

  public GgufMetadata float32(String key, double value) {
    put(key, new GgufValue(GgufValueType.FLOAT32, value));
    return this;
  }

  public GgufMetadata bool(String key, boolean value) {
    put(key, new GgufValue(GgufValueType.BOOL, value));
    return this;
  }

  public GgufMetadata string(String key, String value) {
    put(key, new GgufValue(GgufValueType.STRING, value));
    return this;
  }

  public GgufMetadata strings(String key, List<String> value) {
    put(key, new GgufValue(GgufValueType.STRING, value));
    return this;
  }

  public GgufMetadata int32s(String key, List<Integer> value) {
    put(key, new GgufValue(GgufValueType.INT32, value.stream().map(Integer::longValue).toList()));
    return this;
  }

  public GgufMetadata float32s(String key, List<? extends Number> value) {
    put(
        key,
        new GgufValue(GgufValueType.FLOAT32, value.stream().map(Number::doubleValue).toList()));
    return this;
  }

  /// A text.
  ///
  /// @throws WeightsException where the key is missing or another kind of value, as of all of these
  public String string(String key) {
    return required(key, optionalString(key), "a string");
  }

  public Optional<String> optionalString(String key) {
    return find(key, String.class, "a string");
  }

  public long integer(String key) {
    return required(key, optionalInteger(key), "an integer");
  }

  public Optional<Long> optionalInteger(String key) {
    return find(key, Long.class, "an integer");
  }

  /// A number with a fraction.
  public double number(String key) {
    return required(key, optionalNumber(key), "a number");
  }

  public Optional<Double> optionalNumber(String key) {
    return find(key, Number.class, "a number").map(Number::doubleValue);
  }

  public Optional<Boolean> optionalBool(String key) {
    return find(key, Boolean.class, "true or false");
  }

  public List<String> strings(String key) {
    return list(key, String.class, "a list of strings");
  }

  public List<Long> integers(String key) {
    return list(key, Long.class, "a list of integers");
  }

  public List<Double> numbers(String key) {
    return list(key, Number.class, "a list of numbers").stream().map(Number::doubleValue).toList();
  }

  private <T> List<T> list(String key, Class<T> type, String expected) {
    List<?> list = required(key, find(key, List.class, expected), expected);
    if (!list.stream().allMatch(type::isInstance)) {
      throw wrong(key, values.get(key), expected);
    }
    return list.stream().map(type::cast).toList();
  }

  private <T> Optional<T> find(String key, Class<T> type, String expected) {
    GgufValue value = values.get(key);
    if (value != null && !type.isInstance(value.value())) {
      throw wrong(key, value, expected);
    }
    return Optional.ofNullable(value).map(v -> type.cast(v.value()));
  }

  private <T> T required(String key, Optional<T> value, String expected) {
    return value.orElseThrow(() -> wrong(key, null, expected));
  }

  private WeightsException wrong(String key, @Nullable GgufValue found, String expected) {
    return new WeightsException(
        "%s: metadata '%s' is %s (expected %s); convert the model again"
            .formatted(file, key, found == null ? "missing" : found, expected));
  }
}
