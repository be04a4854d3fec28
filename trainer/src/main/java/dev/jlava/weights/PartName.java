package dev.jlava.weights;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A tensor's place: the part (`vision`, `projector`, `decoder`) and its Hugging Face name within
/// that part. The one table between names in files and names in the model.
public record PartName(String part, String name) {
  /// One row: how names begin in a file, the part they belong to, and how they begin there.
  private record Rule(Pattern file, String part, String canonical) {
    static Rule of(String file, String part, String canonical) {
      return new Rule(Pattern.compile("^" + file), part, canonical);
    }
  }

  /// `model.mm_projector.*` of the original LLaVA, `base_model.model.` before it where PEFT wrote
  /// it; layers and activations are counted alike, so that the layers are 0, 2, 4 …
  private static final String MM_PROJECTOR = "(?:base_model\\.model\\.)?model\\.mm_projector\\.";

  /// What PEFT puts in front of the names of an adapter's file.
  private static final String ADAPTER = "base_model.model.";

  private static final int MOST_PROJECTOR_LAYERS = 9;

  private static final List<Rule> FIXED =
      List.of(
          // Hugging Face LLaVA, on disk.
          Rule.of("language_model\\.(model\\.|lm_head\\.)", "decoder", "$1"),
          Rule.of("vision_tower\\.(vision_model\\.)", "vision", "$1"),
          Rule.of("multi_modal_projector\\.", "projector", ""),
          // The same as modules in memory, since transformers 4.52.
          Rule.of("model\\.language_model\\.", "decoder", "model."),
          Rule.of("model\\.vision_tower\\.(vision_model\\.)", "vision", "$1"),
          Rule.of("model\\.multi_modal_projector\\.", "projector", ""),
          // The original LLaVA.
          Rule.of("model\\.vision_tower\\.vision_tower\\.(vision_model\\.)", "vision", "$1"),
          Rule.of(MM_PROJECTOR + "(weight|bias)$", "projector", "linear_1.$1"),
          // Bare parts.
          Rule.of("(vision_model\\.)", "vision", "$1"),
          Rule.of("(linear_\\d+\\.)", "projector", "$1"),
          Rule.of("(model\\.(?:embed_tokens|layers|norm)\\.|lm_head\\.)", "decoder", "$1"));

  private static final List<Rule> RULES = rules();

  private static List<Rule> rules() {
    List<Rule> rules = new ArrayList<>(FIXED);
    for (int i = 0; i < MOST_PROJECTOR_LAYERS; i++) {
      String layer = "linear_" + (i + 1) + ".";
      rules.add(Rule.of(MM_PROJECTOR + 2 * i + "\\.", "projector", layer));
    }
    return rules;
  }

  /// Tensors that checkpoints carry and no model reads: tables that are computed, CLIP's text half,
  /// SigLIP's pooling head.
  private static final Pattern NOT_WEIGHTS =
      Pattern.compile(
          ".*(rotary_emb\\.inv_freq|embeddings\\.position_ids)$|^(text_model|text_projection"
              + "|visual_projection|logit_scale|logit_bias).*|.*vision_model\\.head\\..*");

  /// The place of a tensor by its name in a file, an adapter's too; empty for names that are of no
  /// part.
  public static Optional<PartName> find(String name) {
    String within = name.startsWith(ADAPTER) ? name.substring(ADAPTER.length()) : name;
    return place(name).or(() -> place(within));
  }

  private static Optional<PartName> place(String name) {
    if (NOT_WEIGHTS.matcher(name).matches()) {
      return Optional.empty();
    }
    for (Rule rule : RULES) {
      Matcher matcher = rule.file().matcher(name);
      if (matcher.lookingAt()) {
        return Optional.of(new PartName(rule.part(), matcher.replaceFirst(rule.canonical())));
      }
    }
    return Optional.empty();
  }

  /// The place of a tensor by its name in a file; empty for names that are not weights.
  ///
  /// @throws WeightsException where the name is of no part
  public static Optional<PartName> of(TensorEntry entry) {
    if (NOT_WEIGHTS.matcher(entry.name()).matches()) {
      return Optional.empty();
    }
    Optional<PartName> place = place(entry.name());
    if (place.isEmpty()) {
      throw new WeightsException(
          entry.file()
              + ": tensor '"
              + entry.name()
              + "' belongs to no part of a LLaVA model (known: language_model.*, vision_tower.*,"
              + " multi_modal_projector.*, model.mm_projector.*, vision_model.*, model.layers.*)");
    }
    return place;
  }

  /// All tensors of a directory by part and name.
  public static Map<String, Map<String, TensorEntry>> split(WeightFiles files) {
    Map<String, Map<String, TensorEntry>> parts = new TreeMap<>();
    for (TensorEntry entry : files.entries().values()) {
      of(entry)
          .ifPresent(place ->
              parts.computeIfAbsent(place.part(), p -> new TreeMap<>()).put(place.name(), entry));
    }
    return parts;
  }

  /// The name in a Hugging Face LLaVA directory.
  public String inHuggingFaceLlava() {
    return switch (part) {
      case "vision" -> "vision_tower." + name;
      case "projector" -> "multi_modal_projector." + name;
      case "decoder" -> "language_model." + name;
      default -> throw new IllegalStateException(part);
    };
  }

  /// The name in the original LLaVA's directory.
  ///
  /// @param oneLayer whether the projector is one linear layer, not a sequence with activations
  public String inOriginalLlava(boolean oneLayer) {
    return switch (part) {
      case "vision" -> "model.vision_tower.vision_tower." + name;
      case "projector" ->
          "model.mm_projector." + (oneLayer ? name.replaceFirst("^linear_1\\.", "") : inSequence());
      case "decoder" -> name;
      default -> throw new IllegalStateException(part);
    };
  }

  /// Layers and activations are counted alike.
  private String inSequence() {
    Matcher layer = Pattern.compile("linear_(\\d+)\\.(.*)").matcher(name);
    if (!layer.matches()) {
      throw new IllegalStateException(name);
    }
    return 2 * (Integer.parseInt(layer.group(1)) - 1) + "." + layer.group(2);
  }

  /// The name that it has as a module of `LlavaForConditionalGeneration` since transformers 4.52,
  /// which is what PEFT calls it.
  public String inHuggingFaceMemory() {
    return switch (part) {
      case "vision" -> "model.vision_tower." + name;
      case "projector" -> "model.multi_modal_projector." + name;
      case "decoder" -> name.replaceFirst("^model\\.", "model.language_model.");
      default -> throw new IllegalStateException(part);
    };
  }

  /// Reports every tensor that is missing, misshapen or unused, all at once.
  ///
  /// @param where the directory or file, for messages
  public static void check(
      String where, String part, Map<String, long[]> expected, Map<String, TensorEntry> found) {
    List<String> problems = new ArrayList<>();
    expected.forEach((name, shape) -> {
      TensorEntry entry = found.get(name);
      if (entry == null) {
        problems.add(
            where
                + ": "
                + part
                + " tensor '"
                + name
                + "' is missing (expected shape "
                + Arrays.toString(shape)
                + "); check that config.json belongs to these weights");
      } else if (!Arrays.equals(entry.shape(), shape)) {
        problems.add(
            entry.file()
                + ": tensor '"
                + entry.name()
                + "' has shape "
                + Arrays.toString(entry.shape())
                + ", config.json expects "
                + Arrays.toString(shape)
                + "; check that both are of one model");
      }
    });
    found.forEach((name, entry) -> {
      if (!expected.containsKey(name)) {
        problems.add(
            entry.file()
                + ": tensor '"
                + entry.name()
                + "' is not used by the model that config.json describes; check that both are of"
                + " one model");
      }
    });
    if (!problems.isEmpty()) {
      throw new WeightsException(String.join("\n", problems));
    }
  }
}
