package dev.jlava.model;

import dev.jlava.adapter.Quantisation;
import dev.jlava.adapter.QuantisedWeight;
import dev.jlava.adapter.WeightPieces;
import dev.jlava.engine.Engine;
import dev.jlava.engine.MappedPages;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import dev.jlava.weights.BitsAndBytes;
import dev.jlava.weights.PartName;
import dev.jlava.weights.TensorEntry;
import dev.jlava.weights.WeightsException;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.jspecify.annotations.Nullable;

/// Makes the weights of a part: from files, or drawn at random. Linear layers of a decoder are
/// quantised as they come if asked for, and those that a file holds quantised stay so.
public final class PartLoader {
  /// Bytes of a file that are in memory at a time beside what is made of them.
  private static final long PIECE = 4 << 20;

  private static final String DECODER = "decoder";
  private static final String PROJECTOR = "projector";

  private final Engine engine;
  private final Scope scope;
  private final ScalarType type;
  private final Quantisation quantisation;
  private @Nullable QuantisedLoader quantised;

  /// @param scope the model's scope, which owns the weights
  /// @param type dtype that the weights get
  /// @param quantisation of the decoder's linear layers
  public PartLoader(Engine engine, Scope scope, ScalarType type, Quantisation quantisation) {
    this.engine = engine;
    this.scope = scope;
    this.type = type;
    this.quantisation = quantisation;
  }

  /// Made when it is needed: its tables are memory too.
  private QuantisedLoader quantised() {
    if (quantised == null) {
      quantised = new QuantisedLoader(engine, scope, type);
    }
    return quantised;
  }

  /// A loader that quantises nothing.
  public PartLoader(Engine engine, Scope scope, ScalarType type) {
    this(engine, scope, type, Quantisation.NONE);
  }

  /// What the weights are computed with.
  public Engine engine() {
    return engine;
  }

  /// The model's scope, which owns the weights.
  public Scope scope() {
    return scope;
  }

  /// The dtype that the weights get.
  public ScalarType type() {
    return type;
  }

  /// Weights with the values of files.
  ///
  /// @param where the directory or file, for messages
  /// @throws WeightsException with every tensor that is missing, misshapen or unused
  public Part load(
      String where, String part, List<TensorSpec> specs, Map<String, TensorEntry> entries) {
    Map<String, TensorEntry> plain = new TreeMap<>(entries);
    Map<String, BitsAndBytes.Stored> stored = BitsAndBytes.take(plain);
    Map<String, TensorEntry> all = new TreeMap<>(plain);
    stored.forEach((name, weight) -> all.put(name, unpacked(weight)));
    Map<String, long[]> expected = new LinkedHashMap<>();
    specs.forEach(spec -> expected.put(spec.name(), spec.shape()));
    PartName.check(where, part, expected, all);
    Weights weights =
        new Weights(
            part, specs, specs.stream().filter(s -> !stored.containsKey(s.name())).toList());
    for (String name : expected.keySet()) {
      BitsAndBytes.Stored weight = stored.get(name);
      if (weight != null) {
        weights.addStored(name, weight);
      } else {
        weights.add(name, Objects.requireNonNull(plain.get(name)));
      }
    }
    return weights.part();
  }

  /// A quantised weight as if it were not: what its shape is compared with.
  private static TensorEntry unpacked(BitsAndBytes.Stored stored) {
    TensorEntry codes = stored.codes();
    return new TensorEntry(codes.name(), codes.dtype(), stored.shape(), codes.data(), codes.file());
  }

  /// The weights of a part as they come.
  private final class Weights {
    private final String part;
    private final Set<TensorSpec> quantisable;
    private final RowBlocks room;
    private final Map<String, Parameter> parameters = new LinkedHashMap<>();
    private final Map<String, QuantisedWeight> few = new LinkedHashMap<>();

    /// @param plain those of the tensors that do not come quantised
    Weights(String part, List<TensorSpec> specs, List<TensorSpec> plain) {
      this.part = part;
      this.quantisable =
          part.equals(DECODER) && quantisation != Quantisation.NONE
              ? Set.copyOf(AdapterLayout.linearLayers(specs).values())
              : Set.of();
      List<TensorSpec> kept = plain.stream().filter(spec -> !quantisable.contains(spec)).toList();
      this.room = new RowBlocks(engine, scope, type, part.equals(DECODER) ? kept : List.of());
    }

    boolean quantises(String tensor) {
      return quantisable.stream().anyMatch(spec -> spec.name().equals(tensor));
    }

    void add(String name, TensorEntry entry) {
      if (quantises(name)) {
        addQuantised(name, quantised().pieces(full(name), entry, stored(entry)));
      } else {
        addParameter(name, value(entry, room.of(new TensorSpec(name, entry.shape()))));
      }
    }

    void addQuantised(String name, WeightPieces pieces) {
      few.put(name, quantised().quantise(pieces, quantisation));
    }

    void addParameter(String name, Tensor value) {
      parameters.put(name, new Parameter(full(name), value));
    }

    /// A projector is small, and is trained whole: its values are taken.
    void addStored(String name, BitsAndBytes.Stored stored) {
      if (!part.equals(PROJECTOR)) {
        few.put(name, quantised().stored(full(name), stored));
        return;
      }
      try (Scope temporary = new Scope()) {
        QuantisedWeight weight =
            new QuantisedLoader(engine, temporary, type).stored(full(name), stored);
        addParameter(name, weight.read(engine.ops(scope), w -> engine.ops(scope).copy(w)));
      }
    }

    String full(String name) {
      return part + "." + name;
    }

    Part part() {
      return new Part(part, parameters, few);
    }
  }

  /// The tensor of a file in the loader's dtype.
  public Tensor value(TensorEntry entry) {
    return value(entry, engine.ops(scope).empty(type, entry.shape()));
  }

  /// Fills a tensor of the loader's dtype with the values of a file.
  private Tensor value(TensorEntry entry, Tensor target) {
    ScalarType stored = stored(entry);
    try (TensorEntry.Open elements = entry.open();
        Scope temporary = new Scope()) {
      Ops ops = engine.ops(temporary);
      long bytes = elements.bytes();
      long rows = bytes > PIECE ? entry.shape()[0] : 1;
      long most = Math.max(1, PIECE * rows / Math.max(1, bytes));
      for (long at = 0; at < rows; at += most) {
        long count = Math.min(most, rows - at);
        Tensor piece = rows == 1 ? target : ops.narrow(target, 0, at, count);
        MemorySegment part = elements.part(at * bytes / rows, count * bytes / rows);
        engine.fill(piece, part, stored);
        MappedPages.release(part);
      }
    }
    return target;
  }

  private static ScalarType stored(TensorEntry entry) {
    return switch (entry.dtype()) {
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
  }

  /// A part that is there, with its linear layers quantised; it shares all other weights.
  public Part quantised(Part part) {
    Set<TensorSpec> linears = Set.copyOf(AdapterLayout.linearLayers(part.specs()).values());
    Map<String, Parameter> kept = new LinkedHashMap<>();
    Map<String, QuantisedWeight> few = new LinkedHashMap<>();
    for (Parameter parameter : part.parameters()) {
      String name = part.nameOf(parameter);
      if (linears.stream().anyMatch(spec -> spec.name().equals(name))) {
        WeightPieces pieces = quantised().pieces(parameter.name(), parameter.value());
        few.put(name, quantised().quantise(pieces, quantisation));
      } else {
        kept.put(name, parameter);
      }
    }
    return new Part(part.name(), kept, few);
  }

  /// Weights drawn from a seed, as Hugging Face initialises them: norms one, biases zero, all else
  /// normal with a standard deviation (`initializer_range`). The same on every machine.
  public Part random(String part, List<TensorSpec> specs, double standardDeviation, long seed) {
    RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    Weights weights = new Weights(part, specs, specs);
    for (TensorSpec spec : specs) {
      Drawn drawn = new Drawn(engine, spec, standardDeviation, random);
      if (weights.quantises(spec.name())) {
        weights.addQuantised(
            spec.name(), new WeightPieces(weights.full(spec.name()), spec.shape(), drawn::forEach));
      } else {
        weights.addParameter(spec.name(), drawn.into(weights.room.of(spec)));
      }
    }
    return weights.part();
  }

  /// The values of one tensor, drawn a piece at a time.
  private record Drawn(
      Engine engine, TensorSpec spec, double standardDeviation, RandomGenerator random) {
    Tensor into(Tensor all) {
      long[] done = {0};
      forEach((ops, rows) -> {
        long count = rows.size(0);
        ops.copyInto(ops.narrow(all, 0, done[0], count), rows);
        done[0] += count;
      });
      return all;
    }

    void forEach(WeightPieces.Sink sink) {
      long rows = spec.shape()[0];
      long width = spec.numElements() / rows;
      long most = QuantisedLoader.rowsOfPiece(width);
      for (long at = 0; at < rows; at += most) {
        long[] shape = spec.shape().clone();
        shape[0] = Math.min(most, rows - at);
        float[] values = new float[Math.toIntExact(shape[0] * width)];
        fill(values);
        try (Scope temporary = new Scope()) {
          sink.accept(engine.ops(temporary), engine.tensor(temporary, values, shape));
        }
      }
    }

    private void fill(float[] values) {
      if (spec.name().endsWith(".bias")) {
        return;
      }
      boolean norm = spec.name().contains("norm");
      for (int i = 0; i < values.length; i++) {
        values[i] = norm ? 1 : (float) (standardDeviation * random.nextGaussian());
      }
    }
  }
}
