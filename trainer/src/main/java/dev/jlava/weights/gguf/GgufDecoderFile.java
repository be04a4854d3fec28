package dev.jlava.weights.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.data.token.Vocabulary;
import dev.jlava.weights.WeightsException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// A decoder's GGUF file as llama.cpp's `convert_hf_to_gguf.py` writes it, for the architectures
/// llama (Mistral's too) and qwen2.
///
/// @param name of the model, for readers
/// @param config Hugging Face's `text_config`
/// @param ropeFactors what each rotary frequency is divided by (llama3), if they are
public record GgufDecoderFile(
    Path file,
    String name,
    JsonNode config,
    Vocabulary vocabulary,
    Optional<float[]> ropeFactors,
    GgufFileType type) {

  private static final int QUANTIZATION_VERSION = 2;

  /// A tensor in fp32 under Hugging Face's name.
  public record Source(String name, long[] shape, GgufWriter.Values values) {}

  /// Writes the file, tensor by tensor.
  ///
  /// @throws WeightsException where it cannot be written, or GGUF has no name for a tensor
  public void write(List<Source> tensors) {
    List<GgufWriter.Item> items = new ArrayList<>();
    ropeFactors.ifPresent(factors ->
        items.add(
            new GgufWriter.Item(
                "rope_freqs.weight",
                GgmlType.F32,
                new long[] {factors.length},
                arena -> MemorySegment.ofArray(factors))));
    boolean tied = tensors.stream().noneMatch(t -> t.name().equals("lm_head.weight"));
    String head = tied ? "token_embd.weight" : "output.weight";
    int layers = config.path("num_hidden_layers").asInt();
    for (Source tensor : tensors) {
      String gguf =
          GgufNames.decoderInGguf(tensor.name())
              .orElseThrow(() ->
                  new WeightsException(
                      file
                          + ": GGUF has no name for the decoder's tensor '"
                          + tensor.name()
                          + "'"));
      GgmlType stored = type.ofDecoder(gguf, tensor.shape(), head, layers);
      items.add(new GgufWriter.Item(gguf, stored, tensor.shape(), inOrder(tensor)));
    }
    GgufWriter.write(metadata(tensors), items);
  }

  private boolean isLlama() {
    return !config.path("model_type").asText().equals(GgufConfig.QWEN2);
  }

  private GgufWriter.Values inOrder(Source tensor) {
    int heads =
        tensor.name().contains(".q_proj.")
            ? heads()
            : tensor.name().contains(".k_proj.") ? keyValueHeads() : 0;
    if (!isLlama() || heads == 0) {
      return tensor.values();
    }
    return arena -> paired(tensor, heads, arena);
  }

  private static MemorySegment paired(Source tensor, int heads, Arena arena) {
    return HeadRows.paired(tensor.values().in(arena), tensor.shape()[0], heads, arena);
  }

  private int heads() {
    return config.path("num_attention_heads").asInt();
  }

  private int keyValueHeads() {
    return config.path("num_key_value_heads").asInt(heads());
  }

  private GgufMetadata metadata(List<Source> tensors) {
    GgufMetadata metadata = new GgufMetadata(file);
    String architecture = isLlama() ? GgufConfig.LLAMA : GgufConfig.QWEN2;
    metadata.string("general.architecture", architecture).string("general.type", "model");
    metadata.string("general.name", name).string("general.size_label", sizeLabel(tensors));
    String key = architecture + ".";
    int hidden = config.path("hidden_size").asInt();
    metadata.uint32(key + "block_count", config.path("num_hidden_layers").asInt());
    metadata.uint32(key + "context_length", config.path("max_position_embeddings").asInt());
    metadata.uint32(key + "embedding_length", hidden);
    metadata.uint32(key + "feed_forward_length", config.path("intermediate_size").asInt());
    metadata.uint32(key + "attention.head_count", heads());
    metadata.uint32(key + "attention.head_count_kv", keyValueHeads());
    metadata.float32(key + "rope.freq_base", config.path("rope_theta").asDouble(10000));
    metadata.float32(
        key + "attention.layer_norm_rms_epsilon", config.path("rms_norm_eps").asDouble(1e-6));
    int headDim = config.path("head_dim").asInt(hidden / heads());
    if (config.hasNonNull("head_dim")) {
      metadata.uint32(key + "attention.key_length", headDim);
      metadata.uint32(key + "attention.value_length", headDim);
    }
    metadata.uint32("general.file_type", type.id());
    int rows = rows(tensors);
    if (isLlama()) {
      metadata.uint32(key + "vocab_size", rows).uint32(key + "rope.dimension_count", headDim);
    }
    linearScaling(metadata, key);
    GgufVocabulary.write(fitted(rows), metadata);
    return metadata.uint32("general.quantization_version", QUANTIZATION_VERSION);
  }

  private void linearScaling(GgufMetadata metadata, String key) {
    JsonNode scaling = config.path("rope_scaling");
    String kind = scaling.path("rope_type").asText(scaling.path("type").asText());
    if (kind.equals("linear")) {
      metadata.string(key + "rope.scaling.type", kind);
      metadata.float32(key + "rope.scaling.factor", scaling.path("factor").asDouble());
    }
  }

  private static int rows(List<Source> tensors) {
    return tensors.stream()
        .filter(t -> t.name().equals("model.embed_tokens.weight"))
        .mapToInt(t -> Math.toIntExact(t.shape()[0]))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("a decoder without an embedding"));
  }

  private Vocabulary fitted(int rows) {
    if (vocabulary.tokens().size() > rows) {
      throw new WeightsException(
          "%s: the tokenizer has %d tokens, the embedding %d rows (expected one for each token)"
              .formatted(file, vocabulary.tokens().size(), rows));
    }
    return vocabulary.padded(rows);
  }

  /// The number of parameters as llama.cpp writes it: two digits at least.
  private static String sizeLabel(List<Source> tensors) {
    double count = 0;
    for (Source tensor : tensors) {
      double elements = 1;
      for (long size : tensor.shape()) {
        elements *= size;
      }
      count += elements;
    }
    double scale = count > 1e12 ? 1e12 : count > 1e9 ? 1e9 : count > 1e6 ? 1e6 : 1e3;
    String unit = count > 1e12 ? "T" : count > 1e9 ? "B" : count > 1e6 ? "M" : "K";
    long whole = Math.round(count / scale);
    int digits = whole >= 10 ? 0 : whole >= 1 ? 1 : 2;
    return String.format(Locale.ROOT, "%." + digits + "f", count / scale) + unit;
  }
}
