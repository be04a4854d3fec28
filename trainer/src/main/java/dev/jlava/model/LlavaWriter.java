package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.adapter.Linear;
import dev.jlava.data.conversation.JinjaTemplate;
import dev.jlava.data.image.Aspect;
import dev.jlava.data.token.Tokenizer;
import dev.jlava.data.token.TokenizerFiles;
import dev.jlava.data.token.Tokenizers;
import dev.jlava.engine.Parameter;
import dev.jlava.weights.GrownRows;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/// Writes a model as a directory that Hugging Face's `LlavaForConditionalGeneration` and
/// `AutoProcessor` load, whatever layout or parts it came from: one file of weights, configuration,
/// tokenizer with an `<image>` token, image processor, chat template, and the [ModelCard].
public final class LlavaWriter {
  private static final String IMAGE = "<image>";

  /// Matrices of a multiple of this many rows are fast on GPUs; Hugging Face rounds up alike.
  private static final int ROWS = 64;

  private static final Set<String> PER_TOKEN =
      Set.of("model.embed_tokens.weight", "lm_head.weight");

  private final LlavaFiles files;
  private final ModelCard card;
  private final Consumer<String> notes;
  private final Optional<WeightType> type;
  private final boolean quantised;

  /// A writer of weights in the dtype that they have.
  ///
  /// @param files where the model's descriptions come from
  /// @param notes told what the user should know of the directory
  public LlavaWriter(LlavaFiles files, ModelCard card, Consumer<String> notes) {
    this(files, card, notes, Optional.empty(), false);
  }

  private LlavaWriter(
      LlavaFiles files,
      ModelCard card,
      Consumer<String> notes,
      Optional<WeightType> type,
      boolean quantised) {
    this.files = files;
    this.card = card;
    this.notes = notes;
    this.type = type;
    this.quantised = quantised;
  }

  /// The writer of weights in a dtype.
  public LlavaWriter as(WeightType written) {
    return new LlavaWriter(files, card, notes, Optional.of(written), quantised);
  }

  /// The same, but quantised weights stay so, as bitsandbytes has them.
  public LlavaWriter keepingQuantised() {
    return new LlavaWriter(files, card, notes, type, true);
  }

  /// Ids that Hugging Face's configuration names, and the rows of the embedding that they need.
  private record Vocabulary(int image, int pad, int rows) {}

  /// Writes the directory.
  ///
  /// @throws ModelException where it cannot be written
  public void write(VisionLanguageModel model, Path target) {
    try {
      Files.createDirectories(target);
      Vocabulary vocabulary = tokenizer(model, target);
      write(target.resolve("config.json"), config(model, vocabulary));
      write(target.resolve("processor_config.json"), processor(model));
      write(target.resolve("preprocessor_config.json"), preprocessor(model));
      write(target.resolve("generation_config.json"), generation(vocabulary, target));
      if (card.template().isPresent()) {
        Files.writeString(
            target.resolve("chat_template.jinja"), JinjaTemplate.of(card.template().get()));
      }
      card.write(target);
      SafetensorsWriter.write(target.resolve("model.safetensors"), weights(model, vocabulary));
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
  }

  private static void write(Path file, ObjectNode json) throws IOException {
    Files.writeString(file, json.toPrettyString() + "\n");
  }

  private static ObjectNode read(Path file) {
    return ModelCard.json(file).deepCopy();
  }

  private Vocabulary tokenizer(VisionLanguageModel model, Path target) {
    TokenizerFiles.copy(files.decoder(), target);
    TokenizerFiles tokenizer = TokenizerFiles.open(target);
    int image = tokenizer.special(IMAGE);
    int pad = tokenizer.pad();
    tokenizer.set("processor_class", "LlavaProcessor");
    tokenizer.remove("chat_template");
    if (tokenizer.get("tokenizer_class").isEmpty()) {
      boolean qwen = decoder().path("model_type").asText().equals("qwen2");
      tokenizer.set("tokenizer_class", qwen ? "Qwen2Tokenizer" : "LlamaTokenizer");
    }
    int old = model.decoder().config().vocabSize();
    int needed = Math.max(image, pad) + 1;
    int rows = needed <= old ? old : (needed + ROWS - 1) / ROWS * ROWS;
    if (rows > old) {
      notes.accept(
          "The tokenizer's special tokens %s (id %d) and padding (id %d) need rows that the decoder lacks: its embedding grows from %d to %d rows, the new ones the mean of the old"
              .formatted(IMAGE, image, pad, old, rows));
    }
    return new Vocabulary(image, pad, rows);
  }

  private JsonNode decoder() {
    return LlavaConfig.ofDecoder(LlavaConfig.json(files.decoder()));
  }

  private ObjectNode config(VisionLanguageModel model, Vocabulary vocabulary) {
    DecoderConfig decoder = model.decoder().config();
    ObjectNode config = new ObjectMapper().createObjectNode();
    config.putArray("architectures").add("LlavaForConditionalGeneration");
    config.put("model_type", "llava");
    config.put("torch_dtype", type(model).torch());
    config.put("image_token_index", vocabulary.image());
    config.put("image_seq_length", model.tokensPerImage());
    config.put("pad_token_id", vocabulary.pad());
    config.put("tie_word_embeddings", decoder.tieWordEmbeddings());
    projector(model.projector(), config);
    config.put("vision_feature_layer", model.features().layer());
    config.put("vision_feature_select_strategy", strategy(model));
    config.set("vision_config", vision(model));
    ObjectNode text = decoder().deepCopy();
    text.remove(
        List.of(
            "architectures",
            "torch_dtype",
            "dtype",
            "transformers_version",
            "quantization_config"));
    text.put("vocab_size", vocabulary.rows());
    text.put("pad_token_id", vocabulary.pad());
    text.put("tie_word_embeddings", decoder.tieWordEmbeddings());
    config.set("text_config", text);
    if (quantised) {
      config.set(
          "quantization_config",
          BitsAndBytesItems.config(
              model.decoder().part(),
              model.type(),
              List.of("vision_tower", "multi_modal_projector")));
    }
    return config;
  }

  /// Hugging Face's LLaVA has two layers always. An activation that it does not know keeps it from
  /// loading other projectors with layers of chance.
  private void projector(Projector projector, ObjectNode config) {
    config.put("multimodal_projector_bias", true);
    if (projector.type().equals("mlp2x_gelu")) {
      config.put("projector_hidden_act", projector.hiddenAct());
      return;
    }
    config.put("projector_hidden_act", LlavaConfig.PROJECTOR_TYPE + "=" + projector.type());
    config.put(LlavaConfig.PROJECTOR_TYPE, projector.type());
    notes.accept(
        "Projector "
            + projector.type()
            + ": transformers cannot load this model, its LLaVA has mlp2x_gelu only; JLaVA can");
  }

  private static String strategy(VisionLanguageModel model) {
    boolean drops = model.vision().config().clip() && !model.features().classToken();
    return drops ? "default" : "full";
  }

  private ObjectNode vision(VisionLanguageModel model) {
    ObjectNode vision = LlavaConfig.ofVision(LlavaConfig.json(files.vision())).deepCopy();
    vision.remove(List.of("architectures", "torch_dtype", "dtype", "transformers_version"));
    if (!model.vision().config().clip()) {
      vision.put("vision_use_head", false);
    }
    return vision;
  }

  private static ObjectNode processor(VisionLanguageModel model) {
    VisionConfig vision = model.vision().config();
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("processor_class", "LlavaProcessor");
    json.put("image_token", IMAGE);
    json.put("num_additional_image_tokens", vision.clip() ? 1 : 0);
    json.put("patch_size", vision.patchSize());
    return json.put("vision_feature_select_strategy", strategy(model));
  }

  /// Hugging Face's own LLaVA processor pads; its keys are CLIP's.
  private ObjectNode preprocessor(VisionLanguageModel model) {
    ObjectNode json = read(files.vision().resolve("preprocessor_config.json"));
    json.put("processor_class", "LlavaProcessor");
    if (card.aspect() == Aspect.PAD) {
      json.put("image_processor_type", "LlavaImageProcessor");
      if (!model.vision().config().clip()) {
        json.put("do_center_crop", false);
      }
    }
    if (json.path("image_processor_type").asText().startsWith("LlavaImageProcessor")) {
      json.put("do_pad", card.aspect() == Aspect.PAD);
    }
    return json;
  }

  /// What the decoder's own file says, and the tokens that end an answer of the template.
  private ObjectNode generation(Vocabulary vocabulary, Path target) {
    ObjectNode json = read(files.decoder().resolve("generation_config.json"));
    json.remove(List.of("_from_model_config", "transformers_version"));
    Tokenizer tokenizer = Tokenizers.load(target);
    Set<Integer> ends = new TreeSet<>();
    JsonNode named = json.path("eos_token_id");
    named.forEach(id -> ends.add(id.asInt()));
    if (named.isInt()) {
      ends.add(named.asInt());
    }
    tokenizer.eosId().ifPresent(ends::add);
    card.template()
        .ifPresent(template ->
            template.stopStrings().stream()
                .flatMap(text -> tokenizer.idOf(text).stream().boxed())
                .filter(id -> tokenizer.decode(new int[] {id}, true).isEmpty())
                .forEach(ends::add));
    tokenizer.bosId().ifPresent(id -> json.put("bos_token_id", id));
    if (ends.size() == 1) {
      json.put("eos_token_id", ends.iterator().next());
    } else if (!ends.isEmpty()) {
      ends.forEach(json.putArray("eos_token_id")::add);
    }
    return json.put("pad_token_id", vocabulary.pad());
  }

  private WeightType type(VisionLanguageModel model) {
    return type.orElse(WeightType.of(model.type()));
  }

  /// Adapters have no place in a model's own files; those of quantised weights are merged as the
  /// weights are written ([Dequantised]).
  static void requireMerged(Part part) {
    if (part.adapters().values().stream()
        .flatMap(adapter -> adapter.layers().values().stream())
        .anyMatch(layer -> layer.base() instanceof Linear.Dense)) {
      throw new IllegalStateException(
          part.name() + " has an adapter, which these files cannot hold; merge it first");
    }
  }

  private List<SafetensorsWriter.Item> weights(VisionLanguageModel model, Vocabulary vocabulary) {
    List<SafetensorsWriter.Item> items = new ArrayList<>();
    for (Part part : model.parts()) {
      requireMerged(part);
      UnaryOperator<String> names = n -> new PartName(part.name(), n).inHuggingFaceLlava();
      items.addAll(
          quantised
              ? BitsAndBytesItems.of(part, names)
              : Dequantised.items(part, type(model), names));
      for (Parameter parameter : part.parameters()) {
        boolean grows =
            part == model.decoder().part() && PER_TOKEN.contains(part.nameOf(parameter));
        SafetensorsWriter.Item item = type(model).item(name(part, parameter), parameter.value());
        items.add(grows ? GrownRows.of(item, vocabulary.rows()) : item);
      }
    }
    return items;
  }

  private static String name(Part part, Parameter parameter) {
    return new PartName(part.name(), part.nameOf(parameter)).inHuggingFaceLlava();
  }

  /// A weight under its name in Hugging Face's layout.
  public static SafetensorsWriter.Item item(Part part, Parameter parameter) {
    return WeightType.of(parameter.value().type()).item(name(part, parameter), parameter.value());
  }
}
