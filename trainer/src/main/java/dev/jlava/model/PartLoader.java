package dev.jlava.model;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/// Makes the weights of a part: from files, or drawn at random.
public final class PartLoader {
  private final Engine engine;
  private final Scope scope;
  private final ScalarType type;

  /// @param scope the model's scope, which owns the weights
  /// @param type dtype that the weights get
  public PartLoader(Engine engine, Scope scope, ScalarType type) {
    this.engine = engine;
    this.scope = scope;
    this.type = type;
  }

  /// The dtype that the weights get.
  public ScalarType type() {
    return type;
  }

  /// Weights with the values of files.
  ///
  /// @param where the directory or file, for messages
  /// @throws dev.jlava.weights.WeightsException with every tensor that is missing, misshapen or
  ///   unused
  public Part load(
      String where, String part, List<TensorSpec> specs, Map<String, TensorEntry> entries) {
    Map<String, long[]> expected = new LinkedHashMap<>();
    specs.forEach(spec -> expected.put(spec.name(), spec.shape()));
    PartName.check(where, part, expected, entries);
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (String name : expected.keySet()) {
      TensorEntry entry = entries.get(name);
      if (entry != null) {
        parameters.put(name, new Parameter(part + "." + name, value(entry)));
      }
    }
    return new Part(part, parameters);
  }

  /// The tensor of a file in the loader's dtype.
  public Tensor value(TensorEntry entry) {
    ScalarType stored =
        switch (entry.dtype()) {
          case F64 -> ScalarType.F64;
          case F32 -> ScalarType.F32;
          case F16 -> ScalarType.F16;
          case BF16 -> ScalarType.BF16;
          case I64, I32, I16, I8, U8, BOOL ->
              throw new ModelException(
                  entry.file()
                      + ": tensor '"
                      + entry.name()
                      + "' is "
                      + entry.dtype()
                      + ", expected a floating-point weight");
        };
    try (TensorEntry.Open elements = entry.open();
        Scope temporary = new Scope()) {
      Scope owner = stored == type ? scope : temporary;
      Tensor read = engine.copied(owner, elements.data(), stored, entry.shape());
      return stored == type ? read : engine.ops(scope).toType(read, type);
    }
  }

  /// Weights drawn from a seed, as Hugging Face initialises them: norms one, biases zero, all else
  /// normal with a standard deviation (`initializer_range`). The same on every machine.
  public Part random(String part, List<TensorSpec> specs, double standardDeviation, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Map<String, Parameter> parameters = new LinkedHashMap<>();
    for (TensorSpec spec : specs) {
      float[] values = new float[Math.toIntExact(spec.numElements())];
      fill(values, spec.name(), standardDeviation, random);
      Tensor drawn;
      try (Scope temporary = new Scope()) {
        Tensor fp32 = engine.tensor(temporary, values, spec.shape());
        drawn = type == ScalarType.F32 ? scope.adopt(fp32) : engine.ops(scope).toType(fp32, type);
      }
      parameters.put(spec.name(), new Parameter(part + "." + spec.name(), drawn));
    }
    return new Part(part, parameters);
  }

  private static void fill(
      float[] values, String name, double standardDeviation, RandomGenerator random) {
    if (name.endsWith(".bias")) {
      return;
    }
    boolean norm = name.contains("norm");
    for (int i = 0; i < values.length; i++) {
      values[i] = norm ? 1 : (float) (standardDeviation * random.nextGaussian());
    }
  }
}
