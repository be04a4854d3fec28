package dev.jlava.weights.gguf;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The one table between names in GGUF files and Hugging Face's names within a part: of
/// LLaMA-family decoders, and of the vision tower and projector of an mmproj file.
final class GgufNames {
  /// One row: a name in GGUF and in Hugging Face's layout; `N` stands for the number of a layer,
  /// and `.weight` and `.bias` follow both where both have them.
  private record Row(String gguf, String huggingFace) {
    Optional<String> toHuggingFace(String name) {
      return translate(name, gguf, huggingFace);
    }

    Optional<String> toGguf(String name) {
      return translate(name, huggingFace, gguf);
    }

    private static Optional<String> translate(String name, String from, String to) {
      String pattern = Pattern.quote(from).replace("N", "\\E(\\d+)\\Q");
      Matcher matcher = Pattern.compile(pattern + "(\\.weight|\\.bias|)").matcher(name);
      if (!matcher.matches()) {
        return Optional.empty();
      }
      String number = matcher.groupCount() > 1 ? matcher.group(1) : "";
      return Optional.of(to.replace("N", number) + matcher.group(matcher.groupCount()));
    }
  }

  private static final List<Row> DECODER =
      List.of(
          new Row("token_embd", "model.embed_tokens"),
          new Row("output_norm", "model.norm"),
          new Row("output", "lm_head"),
          new Row("blk.N.attn_norm", "model.layers.N.input_layernorm"),
          new Row("blk.N.attn_q", "model.layers.N.self_attn.q_proj"),
          new Row("blk.N.attn_k", "model.layers.N.self_attn.k_proj"),
          new Row("blk.N.attn_v", "model.layers.N.self_attn.v_proj"),
          new Row("blk.N.attn_output", "model.layers.N.self_attn.o_proj"),
          new Row("blk.N.ffn_norm", "model.layers.N.post_attention_layernorm"),
          new Row("blk.N.ffn_gate", "model.layers.N.mlp.gate_proj"),
          new Row("blk.N.ffn_up", "model.layers.N.mlp.up_proj"),
          new Row("blk.N.ffn_down", "model.layers.N.mlp.down_proj"));

  private static final List<Row> VISION =
      List.of(
          new Row("v.class_embd", "vision_model.embeddings.class_embedding"),
          new Row("v.patch_embd", "vision_model.embeddings.patch_embedding"),
          new Row("v.position_embd", "vision_model.embeddings.position_embedding"),
          new Row("v.pre_ln", "vision_model.pre_layrnorm"),
          new Row("v.post_ln", "vision_model.post_layernorm"),
          new Row("v.blk.N.ln1", "vision_model.encoder.layers.N.layer_norm1"),
          new Row("v.blk.N.ln2", "vision_model.encoder.layers.N.layer_norm2"),
          new Row("v.blk.N.attn_q", "vision_model.encoder.layers.N.self_attn.q_proj"),
          new Row("v.blk.N.attn_k", "vision_model.encoder.layers.N.self_attn.k_proj"),
          new Row("v.blk.N.attn_v", "vision_model.encoder.layers.N.self_attn.v_proj"),
          new Row("v.blk.N.attn_out", "vision_model.encoder.layers.N.self_attn.out_proj"));

  /// LLaVA's converter calls the layers of the tower's MLP the wrong way round.
  private static final List<Row> MLP =
      List.of(
          new Row("v.blk.N.ffn_down", "vision_model.encoder.layers.N.mlp.fc1"),
          new Row("v.blk.N.ffn_up", "vision_model.encoder.layers.N.mlp.fc2"));

  /// Later converters do not.
  private static final List<Row> NEWER_MLP =
      List.of(
          new Row("v.blk.N.ffn_up", "vision_model.encoder.layers.N.mlp.fc1"),
          new Row("v.blk.N.ffn_down", "vision_model.encoder.layers.N.mlp.fc2"));

  private static final Pattern LINEAR = Pattern.compile("linear_(\\d)(\\..*)");
  private static final Pattern MM = Pattern.compile("mm\\.(\\d+)(\\..*)");

  private GgufNames() {}

  static Optional<String> decoderInHuggingFace(String gguf) {
    return first(DECODER, row -> row.toHuggingFace(gguf));
  }

  static Optional<String> decoderInGguf(String huggingFace) {
    return first(DECODER, row -> row.toGguf(huggingFace));
  }

  /// @param newer whether the file names the layers of the MLP as later converters do
  static Optional<String> visionInHuggingFace(String gguf, boolean newer) {
    return first(VISION, row -> row.toHuggingFace(gguf))
        .or(() -> first(newer ? NEWER_MLP : MLP, row -> row.toHuggingFace(gguf)));
  }

  static Optional<String> visionInGguf(String huggingFace) {
    return first(VISION, row -> row.toGguf(huggingFace))
        .or(() -> first(MLP, row -> row.toGguf(huggingFace)));
  }

  /// Layers and activations are counted alike: `mm.0`, `mm.2` …
  static Optional<String> projectorInHuggingFace(String gguf) {
    Matcher matcher = MM.matcher(gguf);
    return matcher.matches() && Integer.parseInt(matcher.group(1)) % 2 == 0
        ? Optional.of("linear_" + (Integer.parseInt(matcher.group(1)) / 2 + 1) + matcher.group(2))
        : Optional.empty();
  }

  static Optional<String> projectorInGguf(String huggingFace) {
    Matcher matcher = LINEAR.matcher(huggingFace);
    return matcher.matches()
        ? Optional.of("mm." + 2 * (Integer.parseInt(matcher.group(1)) - 1) + matcher.group(2))
        : Optional.empty();
  }

  /// Translates by one row.
  private interface Translation {
    Optional<String> by(Row row);
  }

  private static Optional<String> first(List<Row> rows, Translation translation) {
    return rows.stream().flatMap(row -> translation.by(row).stream()).findFirst();
  }
}
