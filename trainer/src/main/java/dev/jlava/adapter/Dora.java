package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Weight-decomposed low-rank adaptation (Liu et al. 2024), as PEFT computes it: the rows of the
/// adapted weight keep their direction and get a trained norm. The norms that they have by
/// themselves count as constants for gradients (the paper's section 4.3).
///
/// @param magnitude [out] in fp32
public record Dora(Lora lora, Parameter magnitude) implements Linear.Adapted {
  @Override
  public Tensor add(Ops ops, Weights weights, Tensor x, Tensor output) {
    Tensor read = lora.dropped(ops, weights, x);
    // PEFT feeds the dropped input to the base weight too.
    Tensor plain =
        read == x ? withoutBias(ops, weights, output) : base().product(ops, weights, read);
    Tensor update = lora.update(ops, weights, read);
    Tensor a = weights.of(lora.a());
    Tensor b = weights.of(lora.b());
    Tensor norms = base().read(ops, w -> ops.loraRowNorms(w, a, b, lora.scale())); // [out]
    return ops.dora(output, plain, update, lora.scale(), weights.of(magnitude), norms);
  }

  private Tensor withoutBias(Ops ops, Weights weights, Tensor output) {
    @Nullable Parameter bias = base().bias();
    return bias == null ? output : ops.subtract(output, weights.of(bias));
  }

  @Override
  public Base base() {
    return lora.base();
  }

  @Override
  public List<Parameter> parameters() {
    return Stream.concat(lora.parameters().stream(), Stream.of(magnitude)).toList();
  }

  @Override
  public List<Parameter> adapter() {
    return Stream.concat(lora.adapter().stream(), Stream.of(magnitude)).toList();
  }

  @Override
  public Tensor merged(Ops ops, Tensor weight) {
    return ops.withRowNorms(lora.merged(ops, weight), magnitude.value());
  }
}
