package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The language model: LLaMA (LlamaForCausalLM; Touvron et al. 2023) and its siblings Mistral and
/// Qwen2, which differ from it by switches of [DecoderConfig] only. Sequences are packed: T counts
/// the positions of all of them.
public final class LlamaDecoder {
  private final DecoderConfig config;
  private final Part part;

  public LlamaDecoder(DecoderConfig config, Part part) {
    this.config = config;
    this.part = part;
  }

  public DecoderConfig config() {
    return config;
  }

  public Part part() {
    return part;
  }

  /// The token embedding [V, D].
  public Parameter embedding() {
    return part.get("model.embed_tokens.weight");
  }

  /// The language-model head [V, D]; the embedding itself when tied.
  public Parameter head() {
    return config.tieWordEmbeddings() ? embedding() : part.get("lm_head.weight");
  }

  /// The final norm.
  public Segment norm() {
    Parameter weight = part.get("model.norm.weight");
    return new Segment() {
      @Override
      public Tensor forward(Ops ops, Weights weights, Tensor x) {
        return weights.apply(ops, new RmsNorm(weight, config.rmsNormEps()), x);
      }

      @Override
      public List<Parameter> parameters() {
        return List.of(weight);
      }
    };
  }

  /// All layers in order. Where only some rows of the result are read, the last layer computes only
  /// those.
  ///
  /// @param rows index [L] of the rows that are read, or null for all
  public List<Segment> layers(Attention attention, @Nullable Tensor rows) {
    List<Segment> layers = new ArrayList<>();
    for (int i = 0; i < config.numHiddenLayers(); i++) {
      boolean last = i == config.numHiddenLayers() - 1;
      layers.add(new Layer(i, attention, last ? rows : null));
    }
    return layers;
  }

  /// How a layer's queries meet keys and values: packed training, or a cache in generation.
  public interface Attention {
    /// Rotates q [T, H, d] and k [T, G, d] and attends to v; gives [T, H·d].
    Tensor attend(Ops ops, Segment.Weights weights, int layer, Tensor q, Tensor k, Tensor v);
  }

  /// One transformer layer: attention and gated MLP, each behind an RMS norm.
  private final class Layer implements Segment {
    private final int index;
    private final Attention attention;
    private final @Nullable Tensor rows;
    private final String name;

    Layer(int index, Attention attention, @Nullable Tensor rows) {
      this.index = index;
      this.attention = attention;
      this.rows = rows;
      this.name = "model.layers." + index + ".";
    }

    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor h = norm(ops, weights, x, "input_layernorm"); // [T, D]
      Tensor q = heads(ops, linear("self_attn.q_proj").forward(ops, weights, h)); // [T, H, d]
      Tensor k = heads(ops, linear("self_attn.k_proj").forward(ops, weights, h)); // [T, G, d]
      Tensor v = heads(ops, linear("self_attn.v_proj").forward(ops, weights, h)); // [T, G, d]
      Tensor a = attention.attend(ops, weights, index, q, k, v); // [T, H·d]
      if (rows != null) {
        a = ops.rows(a, rows); // [L, H·d]
        x = ops.rows(x, rows); // [L, D]
      }
      x = ops.add(x, linear("self_attn.o_proj").forward(ops, weights, a));
      h = norm(ops, weights, x, "post_attention_layernorm");
      Tensor gate = linear("mlp.gate_proj").forward(ops, weights, h);
      Tensor up = linear("mlp.up_proj").forward(ops, weights, h);
      return ops.add(x, linear("mlp.down_proj").forward(ops, weights, ops.swiglu(gate, up)));
    }

    private Tensor heads(Ops ops, Tensor x) {
      return ops.view(x, x.size(0), -1, config.headDim());
    }

    private Tensor norm(Ops ops, Weights weights, Tensor x, String norm) {
      Parameter weight = part.get(name + norm + ".weight");
      return weights.apply(ops, new RmsNorm(weight, config.rmsNormEps()), x);
    }

    private Linear linear(String projection) {
      return part.linear(name + projection);
    }

    @Override
    public List<Parameter> parameters() {
      Stream<Parameter> norms =
          Stream.of("input_layernorm", "post_attention_layernorm")
              .map(n -> part.get(name + n + ".weight"));
      Stream<Parameter> linears =
          Stream.of(
                  "self_attn.q_proj",
                  "self_attn.k_proj",
                  "self_attn.v_proj",
                  "self_attn.o_proj",
                  "mlp.gate_proj",
                  "mlp.up_proj",
                  "mlp.down_proj")
              .map(n -> linear(n).parameters())
              .flatMap(Collection::stream);
      return Stream.concat(norms, linears).toList();
    }
  }
}
