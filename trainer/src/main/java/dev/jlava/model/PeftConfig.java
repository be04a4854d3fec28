package dev.jlava.model;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.adapter.LoraSettings;
import dev.jlava.adapter.LoraTargets;
import dev.jlava.hub.Hub;
import dev.jlava.hub.HubId;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// PEFT's `adapter_config.json`.
record PeftConfig(Path file, JsonNode json) {
  static final String NAME = "adapter_config.json";

  /// Settings that change what an adapter computes and that JLaVA does not compute; off when null,
  /// false or empty.
  private static final List<String> UNSUPPORTED =
      List.of(
          "alora_invocation_tokens",
          "alpha_pattern",
          "arrow_config",
          "fan_in_fan_out",
          "kasa_config",
          "layer_replication",
          "lora_bias",
          "monteclora_config",
          "rank_pattern",
          "target_parameters",
          "trainable_token_indices",
          "use_bdlora",
          "use_qalora",
          "velora_config");

  static PeftConfig read(Path directory) {
    Path file = directory.resolve(NAME);
    try {
      PeftConfig config = new PeftConfig(file, new ObjectMapper().readTree(file.toFile()));
      config.check();
      return config;
    } catch (IOException e) {
      throw new ModelException(
          file + ": cannot be read (" + e.getMessage() + "); expected a PEFT adapter's directory",
          e);
    }
  }

  private void check() {
    List<String> problems = new ArrayList<>();
    String type = json.path("peft_type").asText();
    if (!type.equals("LORA")) {
      problems.add("peft_type is '" + type + "' (allowed LORA)");
    }
    for (String key : UNSUPPORTED) {
      JsonNode value = json.path(key);
      boolean off = value.isNull() || (value.isContainerNode() && value.isEmpty());
      if (!off && value.asBoolean(!value.isMissingNode())) {
        problems.add(key + " is " + value + ", which is not supported (allowed null or false)");
      }
    }
    if (!Set.of("none", "lora_only", "all").contains(bias())) {
      problems.add("bias is '" + bias() + "' (allowed none, lora_only, all)");
    }
    if (!problems.isEmpty()) {
      throw new ModelException(file + ": " + String.join("; ", problems));
    }
  }

  /// The base model as PEFT was told of it, a hub id with its revision; empty where it was not.
  Optional<String> base() {
    String base = json.path("base_model_name_or_path").asText("");
    if (base.isEmpty() || base.equals("null")) {
      return Optional.empty();
    }
    String revision = json.path("revision").asText("null");
    return revision.equals("null")
        ? Optional.of(base)
        : HubId.of(Path.of(base)).map(id -> id.at(revision).toString()).or(() -> Optional.of(base));
  }

  private String bias() {
    return json.path("bias").asText("none");
  }

  /// Whether biases of the checkpoint train along, and so are in the file.
  boolean trainsBiases() {
    return !bias().equals("none");
  }

  /// The settings of one part's adapter.
  ///
  /// @param layers the layers that the adapter's file has
  /// @param modulesToSave those whose weights the file has whole
  LoraSettings settings(List<String> layers, List<String> modulesToSave, double lrRatio) {
    try {
      return new LoraSettings(
          (int) number("r", 8),
          number("lora_alpha", 8),
          number("lora_dropout", 0),
          LoraTargets.of(layers),
          json.path("use_rslora").asBoolean(),
          json.path("use_dora").asBoolean(),
          LoraSettings.Bias.valueOf(bias().toUpperCase(Locale.ROOT)),
          lrRatio,
          modulesToSave);
    } catch (IllegalArgumentException e) {
      throw new ModelException(file + ": " + e.getMessage(), e);
    }
  }

  private double number(String key, double otherwise) {
    JsonNode found = json.path(key);
    if (!found.isNumber() && !found.isMissingNode()) {
      throw new ModelException(file + ": " + key + " is " + found + " (expected a number)");
    }
    return found.asDouble(otherwise);
  }

  /// What the JSON says besides the settings.
  ///
  /// @param baseModel where the base model is
  /// @param llava whether the base is LlavaForConditionalGeneration, else a bare causal model
  record Description(
      Path baseModel, boolean llava, List<String> targetModules, List<String> modulesToSave) {}

  static void write(Path directory, LoraSettings settings, Description description) {
    ObjectNode json = new ObjectMapper().createObjectNode();
    json.put("peft_type", "LORA");
    json.put("task_type", description.llava() ? null : "CAUSAL_LM");
    json.putNull("auto_mapping");
    if (description.llava()) {
      json.putObject("auto_mapping")
          .put("base_model_class", "LlavaForConditionalGeneration")
          .put("parent_library", "transformers.models.llava.modeling_llava");
    }
    Optional<HubId> id = Hub.named(description.baseModel());
    json.put(
        "base_model_name_or_path",
        id.map(HubId::unversioned).orElse(description.baseModel().toString()));
    json.put("revision", id.map(HubId::revision).orElse(null));
    json.put("inference_mode", true).put("r", settings.r());
    if (settings.alpha() == Math.rint(settings.alpha())) {
      json.put("lora_alpha", (long) settings.alpha());
    } else {
      json.put("lora_alpha", settings.alpha());
    }
    json.put("lora_dropout", settings.dropout());
    description.targetModules().forEach(json.putArray("target_modules")::add);
    json.putNull("modules_to_save");
    if (!description.modulesToSave().isEmpty()) {
      description.modulesToSave().forEach(json.putArray("modules_to_save")::add);
    }
    json.put("bias", settings.bias().name().toLowerCase(Locale.ROOT));
    json.put("fan_in_fan_out", false).put("init_lora_weights", true);
    // PEFT refuses keys that it does not know, and versions before 0.8 and 0.9 do not know these.
    if (settings.rslora()) {
      json.put("use_rslora", true);
    }
    if (settings.dora()) {
      json.put("use_dora", true);
    }
    try {
      Files.writeString(directory.resolve(NAME), json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new ModelException(directory + ": cannot be written (" + e + ")", e);
    }
  }
}
