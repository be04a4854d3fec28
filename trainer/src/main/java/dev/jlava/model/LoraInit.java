package dev.jlava.model;

import dev.jlava.adapter.Linear;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Weights with which an adapter changes nothing, as PEFT begins: A uniform within ±1/√in
/// (`kaiming_uniform_` with a = √5), B zero, magnitudes the norms of the base weight's rows. Drawn
/// by Java: a seed and a layer's name give the same A on every machine, whatever other layers have
/// adapters.
record LoraInit(Engine engine, Scope scope, long seed) implements LoraValues {
  @Override
  public Tensor a(String layer, long... shape) {
    long seeded = layer.chars().asLongStream().reduce(seed, (hash, c) -> 31 * hash + c);
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seeded);
    double bound = 1 / Math.sqrt((double) shape[1]);
    float[] values = new float[Math.toIntExact(shape[0] * shape[1])];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((2 * random.nextDouble() - 1) * bound);
    }
    return engine.tensor(scope, values, shape);
  }

  @Override
  public Tensor b(String layer, long... shape) {
    return engine.tensor(scope, new float[Math.toIntExact(shape[0] * shape[1])], shape);
  }

  @Override
  public Tensor magnitude(String layer, Linear.Base base) {
    return base.read(engine.ops(scope), engine.ops(scope)::rowNorms);
  }
}
