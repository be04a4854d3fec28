package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;

/// The projection from vision features to the decoder's embeddings (LLaVA's `mm_projector`): one
/// linear layer, N of them with GELU between (`mlpNx_gelu`), or the identity (none).
public final class Projector implements Segment {
  /// The activation between the layers of `mlpNx_gelu`.
  static final String GELU = "gelu";

  private final Part part;
  private final int numLayers;
  private final Activation activation;

  public Projector(Part part, int numLayers, String activation) {
    this.part = part;
    this.numLayers = numLayers;
    this.activation = Activation.named(activation);
  }

  public Part part() {
    return part;
  }

  /// The tensors of a projector with that many linear layers.
  public static List<TensorSpec> tensors(int numLayers, int visionSize, int hiddenSize) {
    List<TensorSpec> all = new ArrayList<>();
    for (int i = 1; i <= numLayers; i++) {
      all.add(
          new TensorSpec("linear_" + i + ".weight", hiddenSize, i == 1 ? visionSize : hiddenSize));
      all.add(new TensorSpec("linear_" + i + ".bias", hiddenSize));
    }
    return all;
  }

  /// Linear layers of a projector type: 0 for `identity`, 1 for `linear`, N for `mlpNx_gelu`.
  public static int numLayers(String type) {
    return switch (type) {
      case "identity" -> 0;
      case "linear" -> 1;
      default -> Integer.parseInt(type.substring("mlp".length(), type.indexOf('x')));
    };
  }

  @Override
  public Tensor forward(Ops ops, Weights weights, Tensor x) {
    if (numLayers == 0) {
      return ops.detach(x);
    }
    Tensor y = part.linear("linear_1").forward(ops, weights, x);
    for (int i = 2; i <= numLayers; i++) {
      y = part.linear("linear_" + i).forward(ops, weights, activation.apply(ops, y));
    }
    return y;
  }

  @Override
  public List<Parameter> parameters() {
    return List.copyOf(part.parameters());
  }
}
