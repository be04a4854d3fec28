package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Tensor;
import java.util.List;

/// Which of the tower's states the projector reads.
///
/// @param layer index into `hidden_states`; from the end if negative (LLaVA: -2)
/// @param classToken whether CLIP's class token is kept (`cls_patch`) or dropped (`patch`)
public record VisionFeatures(int layer, boolean classToken) {

  /// Tokens of one image.
  public int tokens(VisionConfig config) {
    return dropsToken(config) ? config.numPatches() : config.sequenceLength();
  }

  private boolean dropsToken(VisionConfig config) {
    return config.clip() && !classToken;
  }

  /// States [N, P(+1), D] to features [N·P, D].
  Segment select(VisionConfig config) {
    return new Segment() {
      @Override
      public Tensor forward(Ops ops, Weights weights, Tensor x) {
        Tensor kept = dropsToken(config) ? ops.narrow(x, 1, 1, config.numPatches()) : x;
        return ops.view(kept, -1, config.hiddenSize());
      }

      @Override
      public List<Parameter> parameters() {
        return List.of();
      }
    };
  }
}
