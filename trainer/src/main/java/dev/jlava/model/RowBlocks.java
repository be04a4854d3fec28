package dev.jlava.model;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;

/// Where the weights of a decoder's linear layers lie: layers that read the same input follow each
/// other in one block of memory, so that [DecoderCall] can take them as one weight.
final class RowBlocks {
  /// Projections of a layer that read one input, in the order of their rows.
  static final List<List<String>> NEIGHBOURS =
      List.of(
          List.of("self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"),
          List.of("mlp.gate_proj", "mlp.up_proj"));

  private final Engine engine;
  private final Scope scope;
  private final ScalarType type;
  private final Map<String, Tensor> slices = new HashMap<>();

  /// @param scope owns the weights
  /// @param specs of the weights that are wanted in memory as they are
  RowBlocks(Engine engine, Scope scope, ScalarType type, List<TensorSpec> specs) {
    this.engine = engine;
    this.scope = scope;
    this.type = type;
    Map<String, TensorSpec> byName =
        specs.stream().collect(Collectors.toMap(TensorSpec::name, spec -> spec));
    for (TensorSpec spec : specs) {
      for (List<String> neighbours : NEIGHBOURS) {
        List<TensorSpec> block = block(spec.name(), neighbours, byName);
        if (block.size() == neighbours.size()) {
          cut(block);
        }
      }
    }
  }

  /// The neighbours of a tensor with the name of their first, as far as they are there.
  private static List<TensorSpec> block(
      String first, List<String> neighbours, Map<String, TensorSpec> specs) {
    List<TensorSpec> block = new ArrayList<>();
    if (first.contains(neighbours.getFirst())) {
      for (String neighbour : neighbours) {
        TensorSpec spec = specs.get(first.replace(neighbours.getFirst(), neighbour));
        if (spec != null) {
          block.add(spec);
        }
      }
    }
    return block;
  }

  private void cut(List<TensorSpec> block) {
    Ops ops = engine.ops(scope);
    long[] shape = block.getFirst().shape().clone();
    shape[0] = block.stream().mapToLong(spec -> spec.shape()[0]).sum();
    Tensor all = ops.empty(type, shape);
    long row = 0;
    for (TensorSpec spec : block) {
      long rows = spec.shape()[0];
      slices.put(spec.name(), ops.narrow(all, 0, row, rows));
      row += rows;
    }
    all.release();
  }

  /// Unset memory for the values of a weight.
  Tensor of(TensorSpec spec) {
    Tensor slice = slices.get(spec.name());
    return Objects.requireNonNullElseGet(slice, () -> engine.ops(scope).empty(type, spec.shape()));
  }

  /// Whether tensors follow each other in memory.
  static boolean adjacent(List<Tensor> tensors) {
    for (int i = 1; i < tensors.size(); i++) {
      Tensor before = tensors.get(i - 1);
      long bytes = before.numElements() * before.type().bytes();
      if (before.address() + bytes != tensors.get(i).address()) {
        return false;
      }
    }
    return true;
  }
}
