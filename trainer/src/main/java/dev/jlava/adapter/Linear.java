package dev.jlava.adapter;

import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Segment;
import dev.jlava.engine.Segment.Weights;
import dev.jlava.engine.Tensor;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A linear layer x·wᵀ + b: plain, quantised, or one of these with an adapter beside it.
public sealed interface Linear {
  /// The output [T, out] for x [T, in].
  Tensor forward(Ops ops, Weights weights, Tensor x);

  /// Every weight that forward reads.
  List<Parameter> parameters();

  /// The weight [out, in] of the plain layer that computes the same outside of training; with an
  /// adapter in fp32.
  Tensor merged(Ops ops);

  /// The layer of the checkpoint: a weight [out, in] and perhaps a bias [out].
  sealed interface Base extends Linear permits Dense, Quantised {
    @Nullable Parameter bias();

    /// Sizes [out, in] of the weight.
    long[] shape();

    /// x as the layer reads it, for what reads it beside the layer.
    Tensor input(Ops ops, Weights weights, Tensor x);

    /// x·wᵀ.
    Tensor product(Ops ops, Weights weights, Tensor x);

    /// What a function makes of the weight, outside of any graph; the weight may end with the call.
    <T> T read(Ops ops, Function<Tensor, T> function);

    @Override
    default Tensor merged(Ops ops) {
      return read(ops, ops::copy);
    }
  }

  /// A layer whose weight is there as it is. As an operation it is differentiated apart from
  /// autograd, where that is faster; a bias that is trained is added beside it.
  record Dense(Parameter weight, @Nullable Parameter bias)
      implements Base, Segment.LinearOperation {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      if (!ops.productsApart(x.type())) {
        Tensor w = weights.of(weight);
        return bias == null ? ops.linear(x, w) : ops.linear(x, w, weights.of(bias));
      }
      return bias == null || !bias.trained()
          ? weights.apply(ops, this, x)
          : ops.add(product(ops, weights, x), weights.of(bias));
    }

    @Override
    public Tensor forward(Ops ops, Tensor x) {
      return bias == null
          ? ops.product(x, weight.value())
          : ops.product(x, weight.value(), bias.value());
    }

    @Override
    public Tensor backward(Ops ops, Tensor gradient) {
      return ops.productBack(gradient, weight.value());
    }

    @Override
    public Tensor gradient(Ops ops, Parameter parameter, Tensor x, Tensor gradient) {
      return ops.productWeight(gradient, x);
    }

    @Override
    public List<Parameter> parameters() {
      return bias == null ? List.of(weight) : List.of(weight, bias);
    }

    @Override
    public long[] shape() {
      return weight.value().shape();
    }

    @Override
    public Tensor input(Ops ops, Weights weights, Tensor x) {
      return ops.productsApart(x.type()) ? weights.input(x) : x;
    }

    @Override
    public Tensor product(Ops ops, Weights weights, Tensor x) {
      return ops.productsApart(x.type())
          ? weights.apply(ops, new Dense(weight, null), x)
          : ops.linear(x, weights.of(weight));
    }

    @Override
    public <T> T read(Ops ops, Function<Tensor, T> function) {
      return function.apply(weight.value());
    }
  }

  /// A layer whose weight is quantised, and never trained.
  record Quantised(QuantisedWeight weight, @Nullable Parameter bias) implements Base {
    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor y = product(ops, weights, x);
      return bias == null ? y : ops.add(y, weights.of(bias));
    }

    @Override
    public List<Parameter> parameters() {
      return bias == null ? List.of() : List.of(bias);
    }

    @Override
    public long[] shape() {
      return weight.shape();
    }

    @Override
    public Tensor input(Ops ops, Weights weights, Tensor x) {
      return weights.input(x);
    }

    @Override
    public Tensor product(Ops ops, Weights weights, Tensor x) {
      return weights.apply(ops, weight, x);
    }

    @Override
    public <T> T read(Ops ops, Function<Tensor, T> function) {
      return weight.read(ops, function);
    }
  }

  /// A layer of the checkpoint with an adapter beside it.
  sealed interface Adapted extends Linear permits Lora, Dora {
    Base base();

    /// The adapter's own weights.
    List<Parameter> adapter();

    /// The output with what the adapter adds to it.
    ///
    /// @param x as the base reads it
    /// @param output that of the base, and of adapters in front of this one
    Tensor add(Ops ops, Weights weights, Tensor x, Tensor output);

    @Override
    default Tensor forward(Ops ops, Weights weights, Tensor x) {
      Tensor input = base().input(ops, weights, x);
      return add(ops, weights, input, base().forward(ops, weights, input));
    }

    /// A weight [out, in] with what the adapter adds to it, in fp32.
    Tensor merged(Ops ops, Tensor weight);

    @Override
    default Tensor merged(Ops ops) {
      return base().read(ops, weight -> merged(ops, weight));
    }
  }

  /// A layer of the checkpoint with several adapters beside it, each adding to the output of those
  /// in front of it, as PEFT sums active adapters.
  ///
  /// @param adapters at least one, all of the same layer
  record Several(List<Adapted> adapters) implements Linear {
    public Several {
      adapters = List.copyOf(adapters);
    }

    @Override
    public Tensor forward(Ops ops, Weights weights, Tensor x) {
      Base base = adapters.getFirst().base();
      Tensor input = base.input(ops, weights, x);
      Tensor y = base.forward(ops, weights, input);
      for (Adapted adapter : adapters) {
        y = adapter.add(ops, weights, input, y);
      }
      return y;
    }

    @Override
    public List<Parameter> parameters() {
      Stream<Parameter> own = adapters.stream().flatMap(a -> a.adapter().stream());
      return Stream.concat(adapters.getFirst().base().parameters().stream(), own).toList();
    }

    @Override
    public Tensor merged(Ops ops) {
      return adapters
          .getFirst()
          .base()
          .read(
              ops,
              weight -> {
                Tensor all = weight;
                for (Adapted adapter : adapters) {
                  all = adapter.merged(ops, all);
                }
                return all;
              });
    }
  }
}
