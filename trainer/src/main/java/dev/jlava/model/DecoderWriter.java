package dev.jlava.model;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.jlava.data.token.TokenizerFiles;
import dev.jlava.weights.SafetensorsWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/// Writes a decoder by itself as a directory that Hugging Face's `AutoModelForCausalLM` and
/// `AutoTokenizer` load.
public final class DecoderWriter {
  private static final List<String> COPIED =
      List.of("generation_config.json", "chat_template.jinja", "chat_template.json");

  private final Path source;
  private final WeightType type;
  private final boolean quantised;

  private DecoderWriter(Path source, WeightType type, boolean quantised) {
    this.source = source;
    this.type = type;
    this.quantised = quantised;
  }

  /// @param source directory of the decoder's `config.json` and of its tokenizer
  /// @param type dtype of the weights that are written
  public DecoderWriter(Path source, WeightType type) {
    this(source, type, false);
  }

  /// The same, but quantised weights stay so, as bitsandbytes has them.
  public DecoderWriter keepingQuantised() {
    return new DecoderWriter(source, type, true);
  }

  /// Writes the directory.
  ///
  /// @throws ModelException where it cannot be written
  public void write(LlamaDecoder decoder, Path target) {
    try {
      Files.createDirectories(target);
      TokenizerFiles.copy(source, target);
      for (String name : COPIED) {
        if (Files.isRegularFile(source.resolve(name))) {
          Files.copy(source.resolve(name), target.resolve(name));
        }
      }
      ObjectNode config = LlavaConfig.ofDecoder(LlavaConfig.json(source)).deepCopy();
      config.remove(List.of("dtype", "quantization_config"));
      config.put("torch_dtype", type.torch());
      if (quantised) {
        config.set(
            "quantization_config",
            BitsAndBytesItems.config(decoder.part(), type.scalar(), List.of()));
      }
      Files.writeString(target.resolve("config.json"), config.toPrettyString() + "\n");
    } catch (IOException e) {
      throw new ModelException(target + ": cannot be written (" + e + ")", e);
    }
    Part part = decoder.part();
    LlavaWriter.requireMerged(part);
    List<SafetensorsWriter.Item> items =
        new ArrayList<>(
            quantised ? BitsAndBytesItems.of(part, n -> n) : Dequantised.items(part, type, n -> n));
    part.parameters().forEach(p -> items.add(type.item(part.nameOf(p), p.value())));
    SafetensorsWriter.write(target.resolve("model.safetensors"), items);
  }
}
