package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Tensor;

/// Where the weights of a new adapter come from. Each result is a fp32 tensor of the adapter's
/// scope.
interface LoraValues {
  /// A [r, in] of a layer.
  Tensor a(String layer, long... shape);

  /// B [out, r] of a layer.
  Tensor b(String layer, long... shape);

  /// DoRA's magnitude [out] of a layer.
  Tensor magnitude(String layer, Linear.Base base);
}
