package dev.jlava.model;

import dev.jlava.adapter.LoraSettings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/// Which tensors of a part an adapter has to do with, from names and shapes alone.
///
/// @param layers adapted layers by name, each with its weight, in the order of the part
/// @param whole tensors of the checkpoint whose modules train whole
/// @param biases other biases of the checkpoint that train along
public record AdapterLayout(
    LoraSettings settings,
    Map<String, TensorSpec> layers,
    List<TensorSpec> whole,
    List<TensorSpec> biases) {

  private static final String WEIGHT = ".weight";
  private static final String BIAS = ".bias";

  /// Chooses among the tensors of a part.
  ///
  /// @throws ModelException where a target or a module to save is not in the part
  public static AdapterLayout of(String part, List<TensorSpec> specs, LoraSettings settings) {
    List<TensorSpec> whole = whole(part, specs, settings.modulesToSave());
    Map<String, TensorSpec> candidates = linearLayers(specs);
    candidates.values().removeAll(whole);
    Map<String, TensorSpec> layers = choose(part, settings, candidates);
    List<TensorSpec> biases = new ArrayList<>(biases(specs, settings.bias(), layers.keySet()));
    biases.removeAll(whole);
    return new AdapterLayout(settings, layers, whole, biases);
  }

  /// The linear layers, each with its weight: every matrix but embedding tables and the
  /// language-model head.
  static Map<String, TensorSpec> linearLayers(List<TensorSpec> specs) {
    Map<String, TensorSpec> layers = new LinkedHashMap<>();
    for (TensorSpec spec : specs) {
      String name = spec.name();
      if (spec.shape().length == 2
          && name.endsWith(WEIGHT)
          && !name.contains("embed")
          && !name.equals("lm_head.weight")) {
        layers.put(name.substring(0, name.length() - WEIGHT.length()), spec);
      }
    }
    return layers;
  }

  /// The tensors of the adapter itself, named after their layers.
  public List<TensorSpec> own() {
    List<TensorSpec> all = new ArrayList<>();
    layers.forEach((layer, weight) -> {
      long out = weight.shape()[0];
      all.add(new TensorSpec(layer + ".lora_A.weight", settings.r(), weight.shape()[1]));
      all.add(new TensorSpec(layer + ".lora_B.weight", out, settings.r()));
      if (settings.dora()) {
        all.add(new TensorSpec(layer + ".lora_magnitude_vector", out));
      }
    });
    return all;
  }

  /// Elements of the adapter itself.
  public long numElements() {
    return own().stream().mapToLong(TensorSpec::numElements).sum();
  }

  /// The tensors of the checkpoint that train beside it.
  public List<TensorSpec> beside() {
    return Stream.concat(whole.stream(), biases.stream()).toList();
  }

  private static Map<String, TensorSpec> choose(
      String part, LoraSettings settings, Map<String, TensorSpec> layers) {
    List<String> unknown = settings.targets().unknown(layers.keySet());
    List<String> chosen = settings.targets().choose(layers.keySet());
    if (!unknown.isEmpty() || chosen.isEmpty()) {
      throw new ModelException(
          part
              + ": no linear layer matches the adapter's targets "
              + unknown
              + " (known: "
              + kinds(layers.keySet().stream())
              + ")");
    }
    Map<String, TensorSpec> found = new LinkedHashMap<>(layers);
    found.keySet().retainAll(Set.copyOf(chosen));
    return found;
  }

  /// Names with their numbers as N: enough to tell what kinds there are.
  private static Set<String> kinds(Stream<String> names) {
    Set<String> kinds = new TreeSet<>();
    names.forEach(name -> kinds.add(name.replaceAll("\\.\\d+\\.", ".N.")));
    return kinds;
  }

  /// The tensors of modules that train whole.
  private static List<TensorSpec> whole(String part, List<TensorSpec> specs, List<String> modules) {
    List<TensorSpec> all = new ArrayList<>();
    for (String module : modules) {
      List<TensorSpec> found = specs.stream().filter(s -> isIn(module, s.name())).toList();
      if (found.isEmpty()) {
        throw new ModelException(
            part
                + ": no module matches '"
                + module
                + "' of the adapter's modules to save (known: "
                + kinds(specs.stream().map(s -> module(s.name())))
                + ")");
      }
      found.stream().filter(s -> !all.contains(s)).forEach(all::add);
    }
    return all;
  }

  /// Whether a tensor belongs to a module whose name ends so; not only after a dot, as PEFT has it:
  /// `norm` is `input_layernorm` too.
  private static boolean isIn(String module, String tensor) {
    return (module(tensor) + ".").contains(module + ".");
  }

  /// The module that a tensor belongs to.
  static String module(String tensor) {
    return tensor.substring(0, Math.max(0, tensor.lastIndexOf('.')));
  }

  private static List<TensorSpec> biases(
      List<TensorSpec> specs, LoraSettings.Bias bias, Set<String> layers) {
    Stream<TensorSpec> all = specs.stream().filter(s -> s.name().endsWith(BIAS));
    return switch (bias) {
      case NONE -> List.of();
      case LORA_ONLY -> all.filter(s -> layers.contains(module(s.name()))).toList();
      case ALL -> all.toList();
    };
  }
}
