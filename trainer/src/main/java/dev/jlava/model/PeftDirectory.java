package dev.jlava.model;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.Dtype;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// An adapter in PEFT's directory layout: `adapter_config.json` and `adapter_model.safetensors`.
/// Reading is [PeftReader]'s work.
public final class PeftDirectory {
  static final String WEIGHTS = "adapter_model.safetensors";
  static final String PREFIX = "base_model.model.";

  private final List<Part> parts;
  private final Set<String> whole;
  private final Function<PartName, String> names;
  private final List<SafetensorsWriter.Item> items = new ArrayList<>();
  private final Set<String> targets = new TreeSet<>();
  private final Set<String> modulesToSave = new LinkedHashSet<>();

  private PeftDirectory(List<Part> parts, Set<String> whole, Function<PartName, String> names) {
    this.parts = parts;
    this.whole = whole;
    this.names = names;
  }

  /// Writes the adapters of a model for `PeftModel.from_pretrained` on a
  /// LlavaForConditionalGeneration.
  ///
  /// @param whole parts that were trained without an adapter, and are written as modules to save
  /// @param baseModel directory or hub id of the base model
  public static void save(
      VisionLanguageModel model, Set<String> whole, String baseModel, Path directory) {
    new PeftDirectory(model.parts(), whole, PartName::inHuggingFaceMemory)
        .write(directory, baseModel, true);
  }

  /// Writes the adapter of a decoder by itself, for `PeftModel.from_pretrained` on its own causal
  /// model.
  public static void save(Part decoder, String baseModel, Path directory) {
    new PeftDirectory(List.of(decoder), Set.of(), PartName::name)
        .write(directory, baseModel, false);
  }

  /// Attaches the adapters of a directory to the parts that it has some for; weights that it has
  /// whole take the place of the parts' own.
  ///
  /// @param seed decides the dropout masks
  /// @param lrRatio of LoRA+, which PEFT's files do not keep
  public static void load(
      Adapters adapters, List<Part> parts, Path directory, long seed, double lrRatio) {
    new PeftReader(directory).load(adapters, parts, seed, lrRatio);
  }

  /// The settings of each part that a directory has an adapter for, by the part's name; no weight
  /// is read.
  ///
  /// @param lrRatio of LoRA+, which PEFT's files do not keep
  public static Map<String, LoraSettings> settings(Path directory, double lrRatio) {
    return new PeftReader(directory).settings(lrRatio);
  }

  /// The base model of a directory's adapter, a path or a hub id; empty where it names none.
  public static Optional<String> base(Path directory) {
    return new PeftReader(directory).base();
  }

  /// The parts that a directory has whole, without an adapter.
  public static Set<String> whole(Path directory) {
    return new PeftReader(directory).whole();
  }

  private void write(Path directory, String baseModel, boolean llava) {
    LoraSettings settings = settings();
    for (Part part : parts) {
      part.adapter().ifPresent(adapter -> add(part, adapter));
      if (whole.contains(part.name())) {
        part.parameters().forEach(p -> addWhole(part, p));
      }
    }
    items.sort(Comparator.comparing(SafetensorsWriter.Item::name));
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new ModelException(directory + ": cannot be made (" + e + ")", e);
    }
    SafetensorsWriter.write(directory.resolve(WEIGHTS), items);
    PeftConfig.write(
        directory,
        settings,
        new PeftConfig.Description(baseModel, llava, targetModules(), List.copyOf(modulesToSave)));
  }

  /// The settings that all adapted parts share: PEFT's configuration has them once.
  private LoraSettings settings() {
    List<Part> adapted = parts.stream().filter(p -> p.adapter().isPresent()).toList();
    if (adapted.isEmpty()) {
      throw new ModelException("no part has an adapter to write");
    }
    LoraSettings first = adapted.getFirst().adapter().orElseThrow().settings();
    for (Part part : adapted) {
      LoraSettings other = part.adapter().orElseThrow().settings();
      if (!other.writtenLike(first)) {
        throw new ModelException(
            "a PEFT directory has one adapter configuration, and "
                + part.name()
                + " has another than "
                + adapted.getFirst().name()
                + " (found "
                + other
                + " and "
                + first
                + "); give both the same settings, or merge one");
      }
    }
    return first;
  }

  private void add(Part part, Adapter adapter) {
    Set<Parameter> adaptedBiases = new LinkedHashSet<>();
    adapter
        .layers()
        .forEach((layer, linear) -> {
          targets.add(module(part, layer));
          linear.adapter().forEach(p -> add(module(part, part.nameOf(p)), p));
          Parameter bias = linear.base().bias();
          if (bias != null) {
            adaptedBiases.add(bias);
          }
        });
    for (Parameter bias : adapter.biases()) {
      String name = module(part, part.nameOf(bias));
      // PEFT puts the layer of the checkpoint one level deeper where it has an adapter.
      add(
          adaptedBiases.contains(bias) ? name.replaceFirst("bias$", "base_layer.bias") : name,
          bias);
    }
    adapter.whole().forEach(p -> addWhole(part, p));
  }

  private void addWhole(Part part, Parameter parameter) {
    String name = module(part, part.nameOf(parameter));
    modulesToSave.add(AdapterLayout.module(name));
    add(name, parameter);
  }

  private String module(Part part, String name) {
    return names.apply(new PartName(part.name(), name));
  }

  private void add(String name, Parameter parameter) {
    Tensor value = parameter.value();
    Dtype dtype = value.type() == ScalarType.BF16 ? Dtype.BF16 : Dtype.F32;
    items.add(new SafetensorsWriter.Item(PREFIX + name, dtype, value.shape(), value::bytes));
  }

  /// The last parts of the adapted layers' names where they choose just those, else whole names.
  private List<String> targetModules() {
    Set<String> suffixes = new TreeSet<>();
    targets.forEach(t -> suffixes.add(t.substring(t.lastIndexOf('.') + 1)));
    for (Part part : parts) {
      for (String layer : part.linearLayers()) {
        String module = module(part, layer);
        String suffix = module.substring(module.lastIndexOf('.') + 1);
        if (suffixes.contains(suffix) && !targets.contains(module)) {
          return List.copyOf(targets);
        }
      }
    }
    return List.copyOf(suffixes);
  }
}
