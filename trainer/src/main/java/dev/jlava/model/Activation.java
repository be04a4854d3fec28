package dev.jlava.model;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Tensor;

/// The activation functions of vision towers and projectors, by Hugging Face's `hidden_act`.
enum Activation {
  QUICK_GELU,
  GELU,
  GELU_TANH;

  static Activation named(String hiddenAct) {
    return switch (hiddenAct) {
      case "quick_gelu" -> QUICK_GELU;
      case "gelu" -> GELU;
      case "gelu_pytorch_tanh", "gelu_new" -> GELU_TANH;
      default ->
          throw new ModelException(
              "config.json: hidden_act '"
                  + hiddenAct
                  + "' is not supported (found in the vision tower or projector; allowed quick_gelu, gelu,"
                  + " gelu_pytorch_tanh)");
    };
  }

  Tensor apply(Ops ops, Tensor x) {
    return switch (this) {
      case QUICK_GELU -> ops.quickGelu(x);
      case GELU -> ops.gelu(x);
      case GELU_TANH -> ops.geluTanh(x);
    };
  }
}
