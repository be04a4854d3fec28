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
import java.util.regex.Pattern;

/// An adapter in PEFT's directory layout: `adapter_config.json` and `adapter_model.safetensors`.
/// Reading is [PeftReader]'s work.
public final class PeftDirectory {
  static final String WEIGHTS = "adapter_model.safetensors";
  static final String PREFIX = "base_model.model.";

  private final List<Part> parts;
  private final String adapter;
  private final Set<String> whole;
  private final Function<PartName, String> names;
  private final List<SafetensorsWriter.Item> items = new ArrayList<>();
  private final Set<String> targets = new TreeSet<>();
  private final Set<String> modulesToSave = new LinkedHashSet<>();

  private PeftDirectory(
      List<Part> parts, String adapter, Set<String> whole, Function<PartName, String> names) {
    this.parts = parts;
    this.adapter = adapter;
    this.whole = whole;
    this.names = names;
  }

  /// Writes the adapters of a model for `PeftModel.from_pretrained` on a
  /// LlavaForConditionalGeneration: the one named `default` into the directory itself, others into
  /// directories of their names inside.
  ///
  /// @param whole parts that were trained without an adapter, and are written as modules to save
  /// @param baseModel where the base model is; of one in the hub's cache its id is written
  public static void save(
      VisionLanguageModel model, Set<String> whole, Path baseModel, Path directory) {
    for (String name : adapters(model.parts())) {
      new PeftDirectory(model.parts(), name, whole, PartName::inHuggingFaceMemory)
          .write(place(directory, name), baseModel, true);
    }
  }

  /// Writes the adapters of a decoder by itself, for `PeftModel.from_pretrained` on its own causal
  /// model.
  public static void save(Part decoder, Path baseModel, Path directory) {
    for (String name : adapters(List.of(decoder))) {
      new PeftDirectory(List.of(decoder), name, Set.of(), PartName::name)
          .write(place(directory, name), baseModel, false);
    }
  }

  /// The names of adapters, one for all parts that have it.
  private static Set<String> adapters(List<Part> parts) {
    Set<String> names = new TreeSet<>();
    parts.forEach(part -> names.addAll(part.adapters().keySet()));
    if (names.isEmpty()) {
      throw new ModelException("no part has an adapter to write");
    }
    return names;
  }

  /// Where the adapter of a name is in a directory that holds several.
  public static Path place(Path directory, String name) {
    return name.equals(Adapter.DEFAULT) ? directory : directory.resolve(name);
  }

  /// How a directory's adapter is attached.
  ///
  /// @param name its name in the model
  /// @param seed decides the dropout masks
  /// @param lrRatio of LoRA+, which PEFT's files do not keep
  public record Loading(String name, long seed, double lrRatio) {
    /// To be asked, not trained.
    public static Loading named(String name) {
      return new Loading(name, 0, 1);
    }
  }

  /// Attaches the adapters of a directory to the parts that it has some for; weights that it has
  /// whole take the place of the parts' own.
  public static void load(Adapters adapters, List<Part> parts, Path directory, Loading how) {
    new PeftReader(directory).load(adapters, parts, how);
  }

  /// The settings of each part that a directory has an adapter for, by the part's name; no weight
  /// is read.
  ///
  /// @param lrRatio of LoRA+, which PEFT's files do not keep
  public static Map<String, LoraSettings> settings(Path directory, double lrRatio) {
    return new PeftReader(directory).settings(lrRatio);
  }

  /// Checks that directories, to be loaded one after the other, do not overwrite each other's
  /// modules to save.
  public static void requireSameWhole(List<Path> directories) {
    List<PeftReader> readers = directories.stream().map(PeftReader::new).toList();
    for (int i = 0; i < readers.size(); i++) {
      for (PeftReader later : readers.subList(i + 1, readers.size())) {
        readers.get(i).requireSameWhole(later);
      }
    }
  }

  /// The base model of a directory's adapter, a path or a hub id; empty where it names none.
  public static Optional<String> base(Path directory) {
    return new PeftReader(directory).base();
  }

  /// The parts that a directory has whole, without an adapter.
  public static Set<String> whole(Path directory) {
    return new PeftReader(directory).whole();
  }

  private void write(Path directory, Path baseModel, boolean llava) {
    LoraSettings settings = settings();
    for (Part part : parts) {
      of(part).ifPresent(found -> add(part, found));
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
        new PeftConfig.Description(baseModel, llava, targetModules(), outermost(modulesToSave)));
  }

  /// Without modules inside others of them: PEFT saves a module with all that is in it.
  private static List<String> outermost(Set<String> modules) {
    return modules.stream()
        .filter(m -> modules.stream().noneMatch(other -> m.startsWith(other + ".")))
        .toList();
  }

  private Optional<Adapter> of(Part part) {
    return Optional.ofNullable(part.adapters().get(adapter));
  }

  /// The settings that all adapted parts share: PEFT's configuration has them once.
  private LoraSettings settings() {
    List<Part> adapted = parts.stream().filter(p -> of(p).isPresent()).toList();
    LoraSettings first = of(adapted.getFirst()).orElseThrow().settings();
    for (Part part : adapted) {
      LoraSettings other = of(part).orElseThrow().settings();
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

  private void add(Part part, Adapter found) {
    Set<Parameter> adaptedBiases = new LinkedHashSet<>();
    found
        .layers()
        .forEach((layer, linear) -> {
          targets.add(module(part, layer));
          linear.adapter().forEach(p -> add(module(part, nameInFile(part.nameOf(p))), p));
          Parameter bias = linear.base().bias();
          if (bias != null) {
            adaptedBiases.add(bias);
          }
        });
    for (Parameter bias : found.biases()) {
      String name = module(part, part.nameOf(bias));
      // PEFT puts the layer of the checkpoint one level deeper where it has an adapter.
      add(
          adaptedBiases.contains(bias) ? name.replaceFirst("bias$", "base_layer.bias") : name,
          bias);
    }
    found.whole().forEach(p -> addWhole(part, p));
  }

  /// Files have no adapter's name in those of tensors.
  private String nameInFile(String parameter) {
    return adapter.equals(Adapter.DEFAULT)
        ? parameter
        : parameter.replaceFirst(
            "(\\.lora_(?:A|B|magnitude_vector))\\." + Pattern.quote(adapter), "$1");
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
