package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.hub.Hub;
import dev.jlava.hub.HubId;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.TorchWriter;
import dev.jlava.weights.WeightFiles;
import dev.jlava.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/// What the original LLaVA leaves of a training that does not touch its base: `config.json`, and a
/// projector by itself (`mm_projector.bin`), or an adapter in PEFT's layout with the projector
/// beside it (`non_lora_trainables.bin`). The decoder's weights are those of the base.
public final class OriginalTraining {
  static final String PROJECTOR = "mm_projector.bin";
  static final String NON_LORA = "non_lora_trainables.bin";

  private final Path directory;
  private final LlavaConfig config;

  private OriginalTraining(Path directory, LlavaConfig config) {
    this.directory = directory;
    this.config = config;
  }

  static boolean isIn(Path directory) {
    return Files.isRegularFile(directory.resolve(PROJECTOR))
        || Files.isRegularFile(directory.resolve(NON_LORA));
  }

  /// Reads `config.json`.
  ///
  /// @throws ModelException where its tower is not found
  public static OriginalTraining open(Path directory) {
    return new OriginalTraining(directory, LlavaConfig.read(directory));
  }

  /// Where the tower's `config.json` and `preprocessor_config.json` are.
  public Path tower() {
    return config.tower();
  }

  /// The base as the training was told of it: a path or a hub id.
  public Optional<String> namedBase() {
    if (hasAdapter()) {
      return PeftDirectory.base(directory);
    }
    JsonNode name = LlavaConfig.json(directory).path("_name_or_path");
    return name.asText().isEmpty() ? Optional.empty() : Optional.of(name.asText());
  }

  /// Whether there is an adapter beside the projector.
  public boolean hasAdapter() {
    return Files.isRegularFile(directory.resolve(PeftConfig.NAME));
  }

  /// The sizes of the whole model.
  public ModelShape shape() {
    return ModelShape.of(directory);
  }

  /// The whole model: the decoder of the base, with the adapter at work on it.
  public VisionLanguageModel load(PartLoader loader, LanguageModel base) {
    VisionTransformer tower = new ModelParts(loader).vision(config.tower(), OptionalLong.empty());
    int numLayers = Projector.numLayers(config.projectorType());
    List<TensorSpec> specs =
        Projector.tensors(
            numLayers, tower.config().hiddenSize(), base.decoder().config().hiddenSize());
    Path file = directory.resolve(hasAdapter() ? NON_LORA : PROJECTOR);
    Part projector;
    try (WeightFiles files = WeightFiles.open(file)) {
      projector = loader.load(file.toString(), "projector", specs, projector(file, files));
    }
    VisionLanguageModel model =
        new VisionLanguageModel(
            tower,
            new Projector(projector, numLayers, config.activation()),
            base.decoder(),
            config.features(),
            base.type());
    if (hasAdapter()) {
      PeftDirectory.load(
          new Adapters(loader.engine(), loader.scope()),
          model.parts(),
          directory,
          PeftDirectory.Loading.named(Adapter.DEFAULT));
    }
    return model;
  }

  private static Map<String, TensorEntry> projector(Path file, WeightFiles files) {
    Map<String, Map<String, TensorEntry>> parts = PartName.split(files);
    Map<String, TensorEntry> projector = parts.getOrDefault("projector", Map.of());
    if (!Set.of("projector").containsAll(parts.keySet())) {
      throw new WeightsException(
          file
              + ": holds tensors of "
              + parts.keySet()
              + ", expected those of the projector alone; training new tokens"
              + " (mm_use_im_start_end) is not supported");
    }
    return projector;
  }

  /// Whether two directories hold the same projector beside their adapters.
  public static boolean sameProjector(Path a, Path b) {
    try {
      return Files.mismatch(a.resolve(NON_LORA), b.resolve(NON_LORA)) == -1;
    } catch (IOException e) {
      throw new ModelException(b + ": cannot be compared with " + a + " (" + e + ")", e);
    }
  }

  /// What a model with adapters was put together from.
  ///
  /// @param decoder a directory or GGUF file, as the tower
  public record Base(Path decoder, Path tower) {
    /// Writes the adapters of the decoder, each with the projector beside it, as the original's
    /// LoRA recipe does. `PeftModel.from_pretrained` on the decoder reads them too. The adapter
    /// named `default` is in the directory itself, others are in directories of their names inside.
    public void save(VisionLanguageModel model, ModelCard card, Path directory) {
      PeftDirectory.save(model.decoder().part(), decoder, directory);
      String named = Hub.named(tower).map(HubId::unversioned).orElse(tower.toString());
      WeightType type = WeightType.of(model.type());
      OriginalWriter writer = new OriginalWriter(new LlavaFiles(decoder, tower), card, type);
      Projector projector = model.projector();
      boolean oneLayer = projector.type().equals("linear");
      List<SafetensorsWriter.Item> items =
          writer.items(
              projector.part(), name -> PeftDirectory.PREFIX + name.inOriginalLlava(oneLayer));
      for (String name : model.decoder().part().adapters().keySet()) {
        Path place = PeftDirectory.place(directory, name);
        OriginalWriter.write(place.resolve("config.json"), writer.config(model, named));
        TorchWriter.write(place.resolve(NON_LORA), items);
        card.write(place);
      }
    }
  }
}
