package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Reader of an adapter in PEFT's directory layout, on LLaVA, the original LLaVA or a bare decoder.
final class PeftReader {
  private static final String TORCH_WEIGHTS = "adapter_model.bin";
  private static final Pattern ADAPTER =
      Pattern.compile("(.*)\\.lora_(A\\.weight|B\\.weight|magnitude_vector)");

  private final Path file;
  private final PeftConfig config;

  PeftReader(Path directory) {
    this.config = PeftConfig.read(directory);
    this.file = weights(directory);
  }

  /// The file of weights: safetensors, or torch's as older versions of PEFT wrote it.
  private static Path weights(Path directory) {
    for (String name : List.of(PeftDirectory.WEIGHTS, TORCH_WEIGHTS)) {
      if (Files.isRegularFile(directory.resolve(name))) {
        return directory.resolve(name);
      }
    }
    throw new WeightsException(
        directory.resolve(PeftDirectory.WEIGHTS)
            + ": no such file, nor "
            + TORCH_WEIGHTS
            + " beside it (an adapter's weights); copy them beside "
            + PeftConfig.NAME);
  }

  void load(Adapters adapters, List<Part> parts, PeftDirectory.Loading how) {
    try (WeightFiles files = WeightFiles.open(file)) {
      Map<String, Map<String, TensorEntry>> found = split(files);
      // Everything is checked before anything changes.
      found.forEach((name, tensors) -> check(part(parts, name), tensors));
      found.forEach((name, tensors) -> load(adapters, part(parts, name), tensors, how));
    }
  }

  /// The settings of each part that the directory has an adapter for.
  Map<String, LoraSettings> settings(double lrRatio) {
    Map<String, LoraSettings> settings = new TreeMap<>();
    try (WeightFiles files = WeightFiles.open(file)) {
      split(files)
          .forEach((part, tensors) -> {
            if (hasAdapter(tensors)) {
              settings.put(part, settings(tensors, lrRatio));
            }
          });
    }
    return settings;
  }

  /// The parts that the directory has without an adapter, only as modules to save.
  Set<String> whole() {
    Set<String> whole = new TreeSet<>();
    try (WeightFiles files = WeightFiles.open(file)) {
      split(files)
          .forEach((part, tensors) -> {
            if (!hasAdapter(tensors)) {
              whole.add(part);
            }
          });
    }
    return whole;
  }

  /// Checks that what two directories have whole is the same.
  void requireSameWhole(PeftReader other) {
    try (WeightFiles own = WeightFiles.open(file);
        WeightFiles others = WeightFiles.open(other.file)) {
      Map<String, Map<String, TensorEntry>> theirs = other.split(others);
      split(own)
          .forEach((part, tensors) ->
              tensors.forEach((name, entry) -> {
                TensorEntry its = theirs.getOrDefault(part, Map.of()).get(name);
                if (!ADAPTER.matcher(name).matches() && its != null && !entry.sameAs(its)) {
                  throw new ModelException(
                      other.file
                          + ": has "
                          + part
                          + " tensor '"
                          + name
                          + "' whole with other values than "
                          + file
                          + "; the two adapters cannot be at work together");
                }
              }));
    }
  }

  /// The base model as PEFT was told of it; empty where it was not.
  Optional<String> base() {
    return config.base();
  }

  private static boolean hasAdapter(Map<String, TensorEntry> tensors) {
    return tensors.keySet().stream().anyMatch(n -> ADAPTER.matcher(n).matches());
  }

  /// Tensors by part and by the names that the adapter's weights have in it.
  private Map<String, Map<String, TensorEntry>> split(WeightFiles files) {
    Map<String, Map<String, TensorEntry>> found = new TreeMap<>();
    for (TensorEntry entry : files.entries().values()) {
      if (!entry.name().startsWith(PeftDirectory.PREFIX)) {
        throw new WeightsException(
            file
                + ": tensor '"
                + entry.name()
                + "' is not PEFT's (expected a name that begins with "
                + PeftDirectory.PREFIX
                + ")");
      }
      String name = entry.name().substring(PeftDirectory.PREFIX.length());
      if (name.contains(".original_module.")) {
        continue; // What a saved module was before training; PEFT writes it where biases train.
      }
      PartName.of(
              new TensorEntry(
                  name, entry.dtype(), entry.shape(), entry.elements(), file, entry.stored()))
          .ifPresent(place ->
              found
                  .computeIfAbsent(place.part(), p -> new TreeMap<>())
                  .put(canonical(place.name()), entry));
    }
    return found;
  }

  /// The name without the levels that PEFT puts between a layer and its tensors.
  private static String canonical(String name) {
    return name.replace(".base_layer.", ".")
        .replace(".modules_to_save.", ".")
        .replace(".lora_magnitude_vector.weight", ".lora_magnitude_vector");
  }

  private Part part(List<Part> parts, String name) {
    return parts.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new ModelException(
                file
                    + ": has tensors of the "
                    + name
                    + ", which is not loaded (found "
                    + parts.stream().map(Part::name).toList()
                    + ")"));
  }

  private void check(Part part, Map<String, TensorEntry> tensors) {
    LoraSettings settings = settings(tensors, 1);
    Set<String> linears = new HashSet<>(part.linearLayers());
    Map<String, long[]> expected = new LinkedHashMap<>();
    for (String name : tensors.keySet()) {
      Matcher adapter = ADAPTER.matcher(name);
      if (adapter.matches() && linears.contains(adapter.group(1))) {
        expect(expected, part, adapter.group(1), settings);
      } else if (part.find(name) != null) {
        expected.put(name, part.get(name).value().shape());
      }
    }
    PartName.check(file.toString(), part.name(), expected, tensors);
  }

  private static void expect(
      Map<String, long[]> expected, Part part, String layer, LoraSettings settings) {
    long[] shape = part.base(layer).shape();
    expected.put(layer + Adapters.A, new long[] {settings.r(), shape[1]});
    expected.put(layer + Adapters.B, new long[] {shape[0], settings.r()});
    if (settings.dora()) {
      expected.put(layer + Adapters.MAGNITUDE, new long[] {shape[0]});
    }
  }

  private LoraSettings settings(Map<String, TensorEntry> tensors, double lrRatio) {
    Set<String> layers = new TreeSet<>();
    Set<String> modules = new TreeSet<>();
    boolean biases = config.trainsBiases();
    for (String name : tensors.keySet()) {
      Matcher adapter = ADAPTER.matcher(name);
      if (adapter.matches()) {
        layers.add(adapter.group(1));
      } else if (!(biases && name.endsWith(".bias"))) {
        modules.add(AdapterLayout.module(name));
      }
    }
    return config.settings(List.copyOf(layers), List.copyOf(modules), lrRatio);
  }

  private void load(
      Adapters adapters, Part part, Map<String, TensorEntry> tensors, PeftDirectory.Loading how) {
    PartLoader loader = new PartLoader(adapters.engine(), adapters.scope(), ScalarType.F32);
    if (hasAdapter(tensors)) {
      adapters.attach(
          part,
          new Adapters.Named(how.name(), settings(tensors, how.lrRatio())),
          how.seed(),
          new FileValues(loader, tensors));
    }
    tensors.forEach((name, entry) -> {
      if (!ADAPTER.matcher(name).matches()) {
        replace(adapters.engine(), part.get(name), entry);
      }
    });
  }

  private static void replace(Engine engine, Parameter parameter, TensorEntry entry) {
    try (Scope temporary = new Scope()) {
      Tensor value = new PartLoader(engine, temporary, ScalarType.F32).value(entry);
      engine.ops(temporary).copyInto(parameter.value(), value);
    }
  }

  /// The adapter's weights from the file.
  private record FileValues(PartLoader loader, Map<String, TensorEntry> tensors)
      implements LoraValues {
    @Override
    public Tensor a(String layer, long... shape) {
      return value(layer + Adapters.A);
    }

    @Override
    public Tensor b(String layer, long... shape) {
      return value(layer + Adapters.B);
    }

    @Override
    public Tensor magnitude(String layer, Linear.Base base) {
      return value(layer + Adapters.MAGNITUDE);
    }

    private Tensor value(String name) {
      return loader.value(Objects.requireNonNull(tensors.get(name), name));
    }
  }
}
