package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Stream;

/// The vision tower: a ViT over image patches in CLIP's form (CLIPVisionModel; Radford et al. 2021)
/// or SigLIP's (SiglipVisionModel; Zhai et al. 2023). Runs no further than the hidden state that is
/// read.
public final class VisionTransformer {
  private final VisionConfig config;
  private final Part part;

  public VisionTransformer(VisionConfig config, Part part) {
    this.config = config;
    this.part = part;
  }

  public VisionConfig config() {
    return config;
  }

  public Part part() {
    return part;
  }

  /// The chosen hidden state [N, P(+1), D] of pixels [N, 3, h, w]; before any norm that follows the
  /// layers.
  public Tensor forward(Tape tape, Tensor pixels, int hiddenState) {
    return tape.run(segments(hiddenState), pixels);
  }

  private List<Segment> segments(int hiddenState) {
    List<Segment> segments = new ArrayList<>();
    segments.add(new Embeddings());
    for (int i = 0; i < config.layersFor(hiddenState); i++) {
      segments.add(new Layer("vision_model.encoder.layers." + i));
    }
    return segments;
  }

  /// Patches, position and (CLIP) class embedding and first norm.
  private final class Embeddings implements Segment {
    private final Parameter patch = part.get("vision_model.embeddings.patch_embedding.weight");
    private final Parameter position =
        part.get("vision_model.embeddings.position_embedding.weight");

    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor pixels) {
      long width = 3L * config.patchSize() * config.patchSize();
      Tensor kernel = ops.view(weights.of(patch), config.hiddenSize(), width);
      Tensor x = ops.patches(pixels, config.patchSize()); // [N, P, 3·patch²]
      if (!config.clip()) {
        x = ops.linear(x, kernel, weights.of(bias()));
        return ops.add(x, weights.of(position)); // [N, P, D]
      }
      x = ops.prepend(weights.of(classToken()), ops.linear(x, kernel)); // [N, P + 1, D]
      x = ops.add(x, weights.of(position));
      return norm(ops, weights, x, "vision_model.pre_layrnorm");
    }

    private Parameter bias() {
      return part.get("vision_model.embeddings.patch_embedding.bias");
    }

    private Parameter classToken() {
      return part.get("vision_model.embeddings.class_embedding");
    }

    @Override
    public List<Parameter> parameters() {
      return config.clip()
          ? List.of(
              patch,
              position,
              classToken(),
              part.get("vision_model.pre_layrnorm.weight"),
              part.get("vision_model.pre_layrnorm.bias"))
          : List.of(patch, position, bias());
    }
  }

  private Tensor norm(Ops ops, Segment.Weights weights, Tensor x, String name) {
    Tensor w = weights.of(part.get(name + ".weight"));
    return ops.layerNorm(x, w, weights.of(part.get(name + ".bias")), config.layerNormEps());
  }

  /// One transformer layer, norms first.
  private final class Layer implements Segment {
    private final String name;
    private final Activation activation = Activation.named(config.hiddenAct());

    Layer(String name) {
      this.name = name;
    }

    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor h = norm(ops, weights, x, name + ".layer_norm1");
      Tensor q = linear("self_attn.q_proj").forward(ops, weights, h);
      Tensor k = linear("self_attn.k_proj").forward(ops, weights, h);
      Tensor v = linear("self_attn.v_proj").forward(ops, weights, h);
      Tensor a = ops.fullAttention(q, k, v, config.numAttentionHeads()); // [N, P, D]
      x = ops.add(x, linear("self_attn.out_proj").forward(ops, weights, a));
      h = norm(ops, weights, x, name + ".layer_norm2");
      h = activation.apply(ops, linear("mlp.fc1").forward(ops, weights, h));
      return ops.add(x, linear("mlp.fc2").forward(ops, weights, h));
    }

    private Linear linear(String projection) {
      return part.linear(name + "." + projection);
    }

    @Override
    public List<Parameter> parameters() {
      Stream<Parameter> norms =
          Stream.of("layer_norm1", "layer_norm2")
              .flatMap(n -> Stream.of(n + ".weight", n + ".bias"))
              .map(n -> part.get(name + "." + n));
      Stream<Parameter> linears =
          Stream.of(
                  "self_attn.q_proj",
                  "self_attn.k_proj",
                  "self_attn.v_proj",
                  "self_attn.out_proj",
                  "mlp.fc1",
                  "mlp.fc2")
              .map(n -> linear(n).parameters())
              .flatMap(Collection::stream);
      return Stream.concat(norms, linears).toList();
    }
  }
}
