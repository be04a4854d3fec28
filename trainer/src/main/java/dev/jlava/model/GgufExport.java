package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.conversation.JinjaTemplate;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.token.Vocabulary;
import dev.jlava.data.token.VocabularyReader;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.weights.gguf.GgufDecoderFile;
import dev.jlava.weights.gguf.GgufFileType;
import dev.jlava.weights.gguf.GgufMmprojFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/// Writes a model as the GGUF files that llama.cpp loads: `model-TYPE.gguf`, the decoder with its
/// tokenizer, and for a model that sees images `mmproj-model-TYPE.gguf` beside it.
public final class GgufExport {
  private static final Set<String> PROJECTORS = Set.of("linear", "mlp2x_gelu");
  private static final Set<String> ACTIVATIONS = Set.of("quick_gelu", "gelu", "gelu_pytorch_tanh");

  private final LlavaFiles files;
  private final ModelCard card;
  private final GgufFileType type;
  private final Consumer<String> notes;

  /// @param files where the model's descriptions come from
  /// @param type of the decoder's file
  /// @param notes told what the user should know of the files
  public GgufExport(LlavaFiles files, ModelCard card, GgufFileType type, Consumer<String> notes) {
    this.files = files;
    this.card = card;
    this.type = type;
    this.notes = notes;
  }

  /// Writes the files into a directory.
  ///
  /// @param name of the model, for readers
  /// @throws ModelException where llama.cpp has no place for the model
  public void write(LanguageModel model, String name, Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new ModelException(directory + ": cannot be written (" + e + ")", e);
    }
    if (model instanceof VisionLanguageModel seeing) {
      mmproj(seeing, name, directory);
    }
    decoder(model.decoder(), name, directory);
  }

  private static Path file(Path directory, String prefix, GgufFileType type) {
    String suffix = type.name().toLowerCase(Locale.ROOT);
    return directory.resolve(prefix + "model-" + suffix + ".gguf");
  }

  private void decoder(LlamaDecoder decoder, String name, Path directory) {
    JsonNode config = LlavaConfig.ofDecoder(LlavaConfig.json(files.decoder()));
    if (decoder.config().slidingWindow() < decoder.config().maxPositionEmbeddings()) {
      notes.accept(
          "llama.cpp's llama architecture has no sliding window: beyond %d positions its answers are other ones"
              .formatted(decoder.config().slidingWindow()));
    }
    new GgufDecoderFile(
            file(directory, "", type),
            name,
            config,
            vocabulary(),
            ropeFactors(decoder.config(), config),
            type)
        .write(sources(decoder.part()));
  }

  /// The tokenizer, with its directory's chat template where that is the template of the model's
  /// card, or where neither is known.
  private Vocabulary vocabulary() {
    Vocabulary read = VocabularyReader.read(files.decoder());
    Path directory = ModelFiles.of(files.decoder()).directory();
    return card.template().equals(ChatTemplates.recognise(directory))
        ? read
        : read.withTemplate(card.template().map(JinjaTemplate::of).or(read::chatTemplate));
  }

  /// Where the frequencies are not scaled alike: what each is divided by.
  private static Optional<float[]> ropeFactors(DecoderConfig decoder, JsonNode config) {
    JsonNode scaling = config.path("rope_scaling");
    String kind = scaling.path("rope_type").asText(scaling.path("type").asText());
    if (!kind.equals("llama3") && !kind.equals("longrope")) {
      return Optional.empty();
    }
    float[] factors = decoder.rope().inverseFrequencies().clone();
    double theta = config.path("rope_theta").asDouble(10000);
    for (int i = 0; i < factors.length; i++) {
      factors[i] = (float) (Math.pow(theta, -2.0 * i / decoder.headDim()) / factors[i]);
    }
    return Optional.of(factors);
  }

  private void mmproj(VisionLanguageModel model, String name, Path directory) {
    requirePlace(model);
    JsonNode config = LlavaConfig.ofVision(LlavaConfig.json(files.vision()));
    if (card.aspect() != Aspect.PAD) {
      notes.accept("llama.cpp pads images that are not square; this model was not trained so");
    }
    List<GgufDecoderFile.Source> tensors = new ArrayList<>(sources(model.projector().part()));
    tensors.addAll(sources(model.vision().part()));
    GgufFileType own = type.ofMmproj();
    new GgufMmprojFile(
            file(directory, "mmproj-", own),
            name,
            config,
            ModelCard.json(files.vision().resolve("preprocessor_config.json")),
            model.vision().config().layersFor(model.features().layer()),
            card.aspect().text(),
            own)
        .write(tensors);
  }

  private static void requirePlace(VisionLanguageModel model) {
    Projector projector = model.projector();
    if (!PROJECTORS.contains(projector.type()) || !projector.hiddenAct().equals(Projector.GELU)) {
      throw new ModelException(
          "llama.cpp has no place for projector %s with %s (expected linear or mlp2x_gelu, with gelu)"
              .formatted(projector.type(), projector.hiddenAct()));
    }
    VisionConfig vision = model.vision().config();
    if (!ACTIVATIONS.contains(vision.hiddenAct())) {
      throw new ModelException(
          "llama.cpp has no place for a tower with %s (expected one of %s)"
              .formatted(vision.hiddenAct(), ACTIVATIONS.stream().sorted().toList()));
    }
    if (vision.clip() && model.features().classToken()) {
      throw new ModelException(
          "llama.cpp drops the class token, which this model's projector reads (features: cls_patch)");
    }
  }

  private static List<GgufDecoderFile.Source> sources(Part part) {
    LlavaWriter.requireMerged(part);
    List<GgufDecoderFile.Source> sources = new ArrayList<>();
    for (Dequantised each : Dequantised.of(part)) {
      sources.add(
          new GgufDecoderFile.Source(
              each.name(),
              each.weight().shape(),
              each.weight().engine().later(ScalarType.F32, each.layer()::merged)::apply));
    }
    for (Parameter parameter : part.parameters()) {
      sources.add(
          new GgufDecoderFile.Source(
              part.nameOf(parameter),
              parameter.value().shape(),
              parameter.value().bytesAs(ScalarType.F32)::apply));
    }
    return sources;
  }
}
