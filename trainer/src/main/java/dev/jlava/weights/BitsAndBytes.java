package dev.jlava.weights;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// Weights as bitsandbytes and transformers save them quantised: codes under the weight's own name,
/// and what they need beside it.
public final class BitsAndBytes {
  /// Names behind that of a 4-bit weight.
  public static final String STATE = "quant_state.bitsandbytes__nf4";

  private static final String FP4_STATE = "quant_state.bitsandbytes__fp4";
  private static final String WEIGHT = ".weight";

  private BitsAndBytes() {}

  /// One quantised weight in files.
  public sealed interface Stored {
    TensorEntry codes();

    long[] shape();

    /// NF4.
    ///
    /// @param tensors by the names behind the weight's: `absmax`, `quant_map`, `nested_absmax` …
    /// @param state the JSON of sizes and constants
    record Nf4(TensorEntry codes, Map<String, TensorEntry> tensors, JsonNode state, long[] shape)
        implements Stored {
      public int blockSize() {
        return state.path("blocksize").asInt();
      }

      /// Whether the scales are quantised too.
      public boolean nested() {
        return state.has("nested_offset");
      }

      public TensorEntry tensor(String name) {
        TensorEntry entry = tensors.get(name);
        if (entry == null) {
          throw new WeightsException(
              codes.file()
                  + ": tensor '"
                  + codes.name()
                  + "."
                  + name
                  + "' is missing, which the quantised weight needs; download or copy it again");
        }
        return entry;
      }
    }

    /// LLM.int8().
    ///
    /// @param scale [out], what 127 stands for in each row
    record Int8(TensorEntry codes, TensorEntry scale) implements Stored {
      @Override
      public long[] shape() {
        return codes.shape();
      }
    }
  }

  /// Takes the quantised weights out of a part's tensors, with all that belongs to them.
  ///
  /// @param tensors by their names in the part; changed
  public static Map<String, Stored> take(Map<String, TensorEntry> tensors) {
    Map<String, Stored> found = new LinkedHashMap<>();
    for (String name : new TreeMap<>(tensors).keySet()) {
      if (!name.endsWith(WEIGHT)) {
        continue;
      }
      String layer = name.substring(0, name.length() - WEIGHT.length());
      if (tensors.containsKey(name + "." + STATE)) {
        found.put(name, nf4(tensors, name));
      } else if (tensors.containsKey(name + "." + FP4_STATE)) {
        throw new WeightsException(
            file(tensors, name)
                + ": tensor '"
                + name
                + "' is quantised to fp4, which is not supported (allowed nf4); save it with"
                + " bnb_4bit_quant_type=\"nf4\"");
      } else if (tensors.containsKey(layer + ".SCB")) {
        tensors.remove(layer + ".weight_format");
        found.put(
            name,
            new Stored.Int8(
                Objects.requireNonNull(tensors.remove(name)),
                Objects.requireNonNull(tensors.remove(layer + ".SCB"))));
      }
    }
    return found;
  }

  private static Object file(Map<String, TensorEntry> tensors, String name) {
    return Objects.requireNonNull(tensors.get(name), name).file();
  }

  private static Stored nf4(Map<String, TensorEntry> tensors, String name) {
    TensorEntry codes = Objects.requireNonNull(tensors.remove(name));
    Map<String, TensorEntry> parts = new TreeMap<>();
    for (String tensor : new TreeMap<>(tensors).keySet()) {
      if (tensor.startsWith(name + ".")) {
        parts.put(
            tensor.substring(name.length() + 1), Objects.requireNonNull(tensors.remove(tensor)));
      }
    }
    JsonNode state = state(Objects.requireNonNull(parts.remove(STATE)));
    long[] shape = new long[state.path("shape").size()];
    for (int i = 0; i < shape.length; i++) {
      shape[i] = state.path("shape").get(i).asLong();
    }
    int block = state.path("blocksize").asInt();
    if (shape.length != 2 || block < 2 || (state.has("nested_offset") && nested(state) < 1)) {
      throw new WeightsException(
          codes.file()
              + ": tensor '"
              + codes.name()
              + "."
              + STATE
              + "' holds "
              + state
              + ", expected a shape [out, in] and block sizes; download or copy it again");
    }
    long bytes = (shape[0] * shape[1] + 1) / 2;
    if (codes.data().byteSize() != bytes) {
      throw new WeightsException(
          codes.file()
              + ": tensor '"
              + codes.name()
              + "' has "
              + codes.data().byteSize()
              + " bytes, its quant_state expects "
              + bytes
              + "; download or copy it again");
    }
    return new Stored.Nf4(codes, parts, state, shape);
  }

  private static int nested(JsonNode state) {
    return state.path("nested_blocksize").asInt();
  }

  private static JsonNode state(TensorEntry entry) {
    try {
      return new ObjectMapper().readTree(entry.data().toArray(ValueLayout.JAVA_BYTE));
    } catch (IOException e) {
      throw new WeightsException(
          entry.file() + ": tensor '" + entry.name() + "' is not JSON; download or copy it again",
          e);
    }
  }
}
