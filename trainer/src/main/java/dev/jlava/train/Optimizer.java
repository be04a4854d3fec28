package dev.jlava.train;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/// AdamW over the trained parameters of a stage (Loshchilov and Hutter 2019; torch.optim.AdamW),
/// with moments in fp32 or 8 bits, and fp32 masters of bf16 weights.
public final class Optimizer implements AutoCloseable {
  /// Constants of AdamW.
  ///
  /// @param paged whether the moments are in the host's memory, and on the device only for as long
  ///   as their parameter is updated
  public record Settings(
      double beta1, double beta2, double eps, Moments.Precision moments, boolean paged) {}

  /// Parameters that share a learning rate and a decay.
  ///
  /// @param part the part whose learning rate it is, for metrics; with `.lora_B` behind it for the
  ///   rate of LoRA+
  /// @param lr learning rate at schedule factor 1
  public record Group(String part, double lr, double weightDecay, List<Parameter> parameters) {}

  private final Settings settings;
  private final List<Group> groups;
  private final Scope scope = new Scope();
  private final Map<Parameter, State> states = new LinkedHashMap<>();
  private final Ops ops;
  private final Tensor step;

  private record State(Group group, Tensor weight, Moments moments) {}

  public Optimizer(Engine engine, Settings settings, List<Group> groups) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    this.step = engine.tensor(scope, new float[] {0}, 1);
    this.ops = engine.ops(scope);
    Moments.Maker maker = new Moments.Maker(engine, scope, settings.moments(), settings.paged());
    for (Group group : groups) {
      for (Parameter parameter : group.parameters()) {
        states.put(parameter, new State(group, fp32(parameter.value()), maker.of(parameter)));
      }
    }
  }

  private Tensor fp32(Tensor value) {
    return value.type() == ScalarType.F32 ? ops.detach(value) : ops.toType(value, ScalarType.F32);
  }

  /// Whether weight decay leaves a parameter alone: norms and biases, as in LLaVA and transformers.
  public static boolean exemptFromDecay(String name) {
    return name.contains("bias") || name.contains("norm");
  }

  public List<Parameter> parameters() {
    return List.copyOf(states.keySet());
  }

  /// Steps done so far, those before a resume included.
  public int steps() {
    return (int) step.item();
  }

  /// The learning rate of each part at a schedule factor.
  public Map<String, Double> learningRates(double factor) {
    Map<String, Double> rates = new LinkedHashMap<>();
    groups.forEach(g -> rates.put(g.part(), g.lr() * factor));
    return rates;
  }

  /// Begins the next step, in which every parameter is updated once.
  ///
  /// @param divisor every gradient is divided by it first
  /// @param factor the schedule's, on the learning rates
  Step next(double divisor, double factor) {
    int number = steps() + 1;
    try (Scope temporary = new Scope()) {
      ops.copyInto(step, ops.engine().tensor(temporary, new float[] {number}, 1));
    }
    return new Step(number, divisor, factor);
  }

  /// A step under way: all parameters at once, or one after the other.
  final class Step {
    private final int number;
    private final double divisor;
    private final double factor;

    private Step(int number, double divisor, double factor) {
      this.number = number;
      this.divisor = divisor;
      this.factor = factor;
    }

    /// Updates every parameter with fp32 gradients in the order of [#parameters].
    void update(List<Tensor> gradients) {
      int next = 0;
      for (Group group : groups) {
        int count = group.parameters().size();
        update(group, group.parameters(), gradients.subList(next, next + count));
        next += count;
      }
    }

    /// Updates one parameter with its fp32 gradient.
    void update(Parameter parameter, Tensor gradient) {
      update(state(parameter).group(), List.of(parameter), List.of(gradient));
    }

    private void update(Group group, List<Parameter> parameters, List<Tensor> gradients) {
      if (!settings.paged()) {
        List<Moments> moments = parameters.stream().map(Optimizer.this::moments).toList();
        update(group, parameters, gradients, moments);
        return;
      }
      for (int i = 0; i < parameters.size(); i++) {
        try (Scope temporary = new Scope()) {
          Ops near = ops.in(temporary);
          Moments home = moments(parameters.get(i));
          Moments here = home.onDevice(near);
          update(group, parameters.subList(i, i + 1), gradients.subList(i, i + 1), List.of(here));
          home.take(near, here);
        }
      }
    }

    private void update(
        Group group, List<Parameter> parameters, List<Tensor> gradients, List<Moments> moments) {
      Ops.AdamwConstants constants = constants(group);
      List<Tensor> weights = new ArrayList<>();
      List<Tensor> fp32Gradients = new ArrayList<>();
      List<Tensor> first = new ArrayList<>();
      List<Tensor> second = new ArrayList<>();
      for (int i = 0; i < parameters.size(); i++) {
        State state = state(parameters.get(i));
        switch (moments.get(i)) {
          case Moments.Fp32 m -> {
            weights.add(state.weight());
            fp32Gradients.add(gradients.get(i));
            first.add(m.first());
            second.add(m.second());
          }
          case Moments.EightBit m ->
              ops.adamw8bit(
                  state.weight(), gradients.get(i), m.first(), m.second(), number, constants);
        }
      }
      if (!weights.isEmpty()) {
        ops.adamw(weights, fp32Gradients, first, second, step, constants);
      }
      parameters.forEach(Optimizer.this::copyFromMaster);
    }

    private Ops.AdamwConstants constants(Group group) {
      return new Ops.AdamwConstants(
          divisor,
          group.lr() * factor,
          settings.beta1(),
          settings.beta2(),
          group.weightDecay(),
          settings.eps());
    }
  }

  private void copyFromMaster(Parameter parameter) {
    if (hasMaster(parameter)) {
      ops.copyInto(parameter.value(), state(parameter).weight());
    }
  }

  private static boolean hasMaster(Parameter parameter) {
    return parameter.value().type() != ScalarType.F32;
  }

  private State state(Parameter parameter) {
    State state = states.get(parameter);
    if (state == null) {
      throw new IllegalStateException(parameter.name() + " is not trained by this optimizer");
    }
    return state;
  }

  /// The fp32 weight of a parameter: its master, or itself.
  public Tensor weight(Parameter parameter) {
    return state(parameter).weight();
  }

  /// The moments of a parameter.
  Moments moments(Parameter parameter) {
    return state(parameter).moments();
  }

  /// Everything that a resumed run needs, by name; to be read or overwritten in place.
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    all.put("step", step);
    states.forEach((parameter, state) -> {
      new TreeMap<>(state.moments().tensors())
          .forEach((moment, tensor) -> all.put(moment + "." + parameter.name(), tensor));
      if (hasMaster(parameter)) {
        all.put("master." + parameter.name(), state.weight());
      }
    });
    return all;
  }

  @Override
  public void close() {
    scope.close();
  }
}
