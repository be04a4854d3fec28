package dev.jlava.model;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.adapter.Int8Weight;
import dev.jlava.adapter.Nf4Weight;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.BitsAndBytes;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.SafetensorsWriter.Item;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;

/// Quantised weights as transformers saves a model that bitsandbytes has quantised: the tensors,
/// and the block of `config.json` by which it is known again.
final class BitsAndBytesItems {
  private BitsAndBytesItems() {}

  /// The tensors of a part's quantised weights.
  ///
  /// @param names the name in the file by that in the part
  static List<Item> of(Part part, UnaryOperator<String> names) {
    int prefix = part.name().length() + 1;
    return part.quantised().stream()
        .flatMap(weight -> of(weight, names.apply(weight.name().substring(prefix))).stream())
        .toList();
  }

  /// The tensors of one weight.
  ///
  /// @param name of the weight in the file, `….q_proj.weight`
  static List<Item> of(QuantisedWeight weight, String name) {
    return switch (weight) {
      case Nf4Weight nf4 -> nf4(nf4, name);
      case Int8Weight int8 -> int8(int8, name);
    };
  }

  private static List<Item> nf4(Nf4Weight weight, String name) {
    List<Item> items = new ArrayList<>();
    items.add(
        new Item(
            name, Dtype.U8, new long[] {weight.packed().numElements(), 1}, weight.packed()::bytes));
    weight
        .tensors()
        .forEach((part, tensor) -> {
          if (!part.isEmpty()) {
            items.add(item(name + "." + part, tensor));
          }
        });
    byte[] state = state(weight).toString().getBytes(StandardCharsets.UTF_8);
    items.add(Item.of(name + "." + BitsAndBytes.STATE, state, state.length));
    return items;
  }

  private static ObjectNode state(Nf4Weight weight) {
    ObjectNode state = new ObjectMapper().createObjectNode();
    state.put("quant_type", "nf4").put("blocksize", weight.blockSize());
    state.put("dtype", name(weight.type()));
    for (long size : weight.shape()) {
      state.withArray("shape").add(size);
    }
    if (weight.scales() instanceof Nf4Weight.Scales.Nested nested) {
      state.put("nested_blocksize", nested.blockSize()).put("nested_dtype", "float32");
      state.put("nested_offset", (double) nested.mean().item());
    }
    return state;
  }

  private static List<Item> int8(Int8Weight weight, String name) {
    String layer = AdapterLayout.module(name);
    byte[] rowMajor = {0};
    return List.of(
        item(name, weight.codes()),
        item(layer + ".SCB", weight.absmax()),
        Item.of(layer + ".weight_format", rowMajor));
  }

  private static Item item(String name, Tensor tensor) {
    return new Item(name, Dtype.valueOf(tensor.type().name()), tensor.shape(), tensor::bytes);
  }

  private static String name(ScalarType type) {
    return type == ScalarType.BF16 ? "bfloat16" : "float32";
  }

  /// The `quantization_config` of `config.json`.
  ///
  /// @param part a part with quantised weights
  /// @param type dtype to compute in
  /// @param plain modules that are not quantised, by names that theirs contain; the language-model
  ///   head is one always
  static ObjectNode config(Part part, ScalarType type, List<String> plain) {
    QuantisedWeight first = part.quantised().iterator().next();
    boolean four = first instanceof Nf4Weight;
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.put("quant_method", "bitsandbytes");
    config.put("load_in_4bit", four).put("load_in_8bit", !four);
    config.put("bnb_4bit_quant_type", "nf4");
    config.put("bnb_4bit_use_double_quant", isNested(first));
    config.put("bnb_4bit_compute_dtype", name(type)).put("bnb_4bit_quant_storage", "uint8");
    config.put("llm_int8_threshold", 6.0);
    plain.forEach(config.putArray("llm_int8_skip_modules")::add);
    config.withArray("llm_int8_skip_modules").add("lm_head");
    return config;
  }

  private static boolean isNested(QuantisedWeight weight) {
    return weight instanceof Nf4Weight nf4 && nf4.scales() instanceof Nf4Weight.Scales.Nested;
  }
}
