package dev.jlava.adapter;

import static org.assertj.core.api.Assertions.assertThat;

import dev.jlava.engine.GradientSink;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Tensor;
import java.util.Map;

/// Gradients by the weight's name, each of which comes once.
public record Floats(Map<String, float[]> found) implements GradientSink {
  @Override
  public void accept(Ops ops, Parameter parameter, Tensor gradient) {
    assertThat(found.put(parameter.name(), gradient.floats())).as(parameter.name()).isNull();
    gradient.release();
  }

  @Override
  public void filled(Ops ops, Parameter parameter) {
    throw new IllegalStateException(parameter.name());
  }

  @Override
  public Tensor buffer(Ops ops, Parameter parameter) {
    throw new IllegalStateException(parameter.name());
  }
}
