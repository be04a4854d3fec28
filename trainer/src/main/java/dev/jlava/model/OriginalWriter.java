package dev.jlava.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.token.TokenizerFiles;
import dev.jlava.engine.Parameter;
import dev.jlava.weights.PartName;
import dev.jlava.weights.SafetensorsWriter;
import dev.jlava.weights.TorchWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/// Writes a model in the original LLaVA's layout (LlavaLlamaForCausalLM and its siblings): decoder
/// and projector in one file, the projector once more as `mm_projector.bin`, and the tower in a
/// directory inside, which `mm_vision_tower` names.
public final class OriginalWriter {
  private static final String TOWER = "vision_tower";

  private final LlavaFiles files;
  private final ModelCard card;
  private final WeightType type;

  /// @param files where the model's descriptions come from
  /// @param type dtype of the weights that are written
  public OriginalWriter(LlavaFiles files, ModelCard card, WeightType type) {
    this.files = files;
    this.card = card;
    this.type = type;
  }

  /// Writes the directory.
  ///
  /// @throws ModelException where it cannot be written, or the original has no such model
  public void write(VisionLanguageModel model, Path target) {
    if (!model.vision().config().clip()) {
      throw new ModelException(
          "the original LLaVA has towers of CLIP's form only (found SigLIP's); write Hugging Face's"
              + " layout");
    }
    model.parts().forEach(LlavaWriter::requireMerged);
    try {
      Files.createDirectories(target.resolve(TOWER));
      TokenizerFiles.copy(files.decoder(), target);
      write(target.resolve("config.json"), config(model, TOWER));
      copy("generation_config.json", files.decoder(), target);
      tower(model.vision(), target.resolve(TOWER));
      card.write(target);
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
    boolean oneLayer = model.projector().type().equals("linear");
    Function<PartName, String> names = name -> name.inOriginalLlava(oneLayer);
    List<SafetensorsWriter.Item> projector = items(model.projector().part(), names);
    List<SafetensorsWriter.Item> all = new ArrayList<>(items(model.decoder().part(), names));
    all.addAll(projector);
    SafetensorsWriter.write(target.resolve("model.safetensors"), all);
    if (!projector.isEmpty()) {
      TorchWriter.write(target.resolve(OriginalTraining.PROJECTOR), projector);
    }
  }

  static void write(Path file, ObjectNode json) {
    try {
      Files.writeString(file, json.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new ModelException(file + ": cannot be written (" + e + ")", e);
    }
  }

  private static void copy(String name, Path source, Path target) throws IOException {
    if (Files.isRegularFile(source.resolve(name))) {
      Files.copy(source.resolve(name), target.resolve(name));
    }
  }

  /// The `config.json` of a model.
  ///
  /// @param tower what it calls the tower
  ObjectNode config(VisionLanguageModel model, String tower) {
    ObjectNode config = LlavaConfig.ofDecoder(LlavaConfig.json(files.decoder())).deepCopy();
    String decoder = config.path("model_type").asText("llama");
    config.remove(List.of("dtype", "transformers_version", "_name_or_path", "quantization_config"));
    config.put("model_type", decoder.equals("qwen2") ? "llava_qwen" : "llava_" + decoder);
    config.putArray("architectures").add(architecture(decoder));
    config.put("torch_dtype", type.torch());
    config.put("vocab_size", model.decoder().config().vocabSize());
    config.put("tie_word_embeddings", model.decoder().config().tieWordEmbeddings());
    config.put("use_mm_proj", true);
    config.put("mm_vision_tower", tower);
    config.put(LlavaConfig.PROJECTOR_TYPE, projectorType(model.projector()));
    config.put("mm_hidden_size", model.vision().config().hiddenSize());
    config.put("mm_vision_select_layer", model.features().layer());
    config.put("mm_vision_select_feature", model.features().classToken() ? "cls_patch" : "patch");
    config.put("mm_patch_merge_type", "flat");
    config.put("mm_use_im_start_end", false).put("mm_use_im_patch_token", false);
    config.put("image_aspect_ratio", card.aspect().text());
    return config.put("tokenizer_padding_side", "right");
  }

  private static String architecture(String decoder) {
    return switch (decoder) {
      case "mistral" -> "LlavaMistralForCausalLM";
      case "qwen2" -> "LlavaQwenForCausalLM";
      default -> "LlavaLlamaForCausalLM";
    };
  }

  private static String projectorType(Projector projector) {
    if (!projector.hiddenAct().equals(Projector.GELU)) {
      throw new ModelException(
          "the original LLaVA has "
              + Projector.GELU
              + " between the layers of a projector (found "
              + projector.hiddenAct()
              + "); write Hugging Face's layout");
    }
    return projector.type();
  }

  /// The tower as Hugging Face's CLIPVisionModel.
  private void tower(VisionTransformer vision, Path target) {
    ObjectNode config = LlavaConfig.ofVision(LlavaConfig.json(files.vision())).deepCopy();
    config.remove(List.of("dtype", "transformers_version"));
    config.put("model_type", "clip_vision_model").put("torch_dtype", type.torch());
    config.putArray("architectures").add("CLIPVisionModel");
    write(target.resolve("config.json"), config);
    ObjectNode processor =
        ModelCard.json(files.vision().resolve("preprocessor_config.json")).deepCopy();
    processor.remove(List.of("processor_class", "do_pad"));
    processor.put("image_processor_type", "CLIPImageProcessor");
    write(target.resolve("preprocessor_config.json"), processor);
    Part part = vision.part();
    List<SafetensorsWriter.Item> items = new ArrayList<>(Dequantised.items(part, type, n -> n));
    part.parameters().forEach(p -> items.add(type.item(part.nameOf(p), p.value())));
    SafetensorsWriter.write(target.resolve("model.safetensors"), items);
  }

  /// The tensors of a part, by what the file calls them.
  List<SafetensorsWriter.Item> items(Part part, Function<PartName, String> names) {
    List<SafetensorsWriter.Item> items =
        new ArrayList<>(
            Dequantised.items(part, type, n -> names.apply(new PartName(part.name(), n))));
    for (Parameter parameter : part.parameters()) {
      PartName name = new PartName(part.name(), part.nameOf(parameter));
      items.add(type.item(names.apply(name), parameter.value()));
    }
    return items;
  }
}
