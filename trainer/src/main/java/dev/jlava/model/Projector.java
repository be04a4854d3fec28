package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/// The projection from vision features to the decoder's embeddings (LLaVA's `mm_projector`): one
/// linear layer, N of them with GELU between (`mlpNx_gelu`), or the identity (none).
public final class Projector implements Segment {
  /// The activation between the layers of `mlpNx_gelu`.
  static final String GELU = "gelu";

  private final Part part;
  private final int numLayers;
  private final String hiddenAct;
  private final Activation activation;

  /// @param hiddenAct Hugging Face's name of the activation between the layers
  public Projector(Part part, int numLayers, String hiddenAct) {
    this.part = part;
    this.numLayers = numLayers;
    this.hiddenAct = hiddenAct;
    this.activation = Activation.named(hiddenAct);
  }

  public Part part() {
    return part;
  }

  /// `identity`, `linear` or `mlpNx_gelu`, whatever the activation.
  public String type() {
    return switch (numLayers) {
      case 0 -> "identity";
      case 1 -> "linear";
      default -> "mlp" + numLayers + "x_gelu";
    };
  }

  /// Hugging Face's name of the activation between the layers.
  public String hiddenAct() {
    return hiddenAct;
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
      default -> {
        if (!type.matches("mlp[1-9]x_gelu")) {
          throw new ModelException(
              "projector type '"
                  + type
                  + "' is not supported (allowed identity, linear, mlpNx_gelu)");
        }
        yield type.charAt("mlp".length()) - '0';
      }
    };
  }

  @Override
  public Tensor forward(Ops ops, Weights weights, Tensor x) {
    if (numLayers == 0) {
      return ops.detach(x);
    }
    Tensor y = layer(1).forward(ops, weights, x);
    for (int i = 2; i <= numLayers; i++) {
      y = layer(i).forward(ops, weights, activation.apply(ops, y));
    }
    return y;
  }

  @Override
  public List<Parameter> parameters() {
    return IntStream.rangeClosed(1, numLayers)
        .boxed()
        .flatMap(i -> layer(i).parameters().stream())
        .toList();
  }

  private Linear layer(int number) {
    return part.linear("linear_" + number);
  }
}
