package dev.jlava.train;

import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.ScalarType;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tensor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// AdamW over the trained parameters of a stage (Loshchilov and Hutter 2019; torch.optim.AdamW),
/// with fp32 moments, and fp32 masters of bf16 weights.
public final class Optimizer implements AutoCloseable {
  /// Constants of AdamW.
  public record Settings(double beta1, double beta2, double eps) {}

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

  private record State(Tensor weight, Tensor firstMoment, Tensor secondMoment, Tensor step) {}

  public Optimizer(Engine engine, Settings settings, List<Group> groups) {
    this.settings = settings;
    this.groups = List.copyOf(groups);
    Ops ops = engine.ops(scope);
    for (Group group : groups) {
      for (Parameter parameter : group.parameters()) {
        states.put(parameter, state(ops, parameter));
      }
    }
  }

  private static State state(Ops ops, Parameter parameter) {
    Tensor value = parameter.value();
    Tensor weight =
        value.type() == ScalarType.F32 ? ops.detach(value) : ops.toType(value, ScalarType.F32);
    return new State(
        weight,
        ops.zerosLike(value, ScalarType.F32),
        ops.zerosLike(value, ScalarType.F32),
        ops.engine().tensor(ops.scope(), new float[] {0}));
  }

  /// Whether weight decay leaves a parameter alone: norms and biases, as in LLaVA and transformers.
  public static boolean exemptFromDecay(String name) {
    return name.contains("bias") || name.contains("norm");
  }

  public List<Parameter> parameters() {
    return groups.stream().flatMap(g -> g.parameters().stream()).toList();
  }

  /// Steps done so far, those before a resume included.
  public int steps() {
    return states.isEmpty() ? 0 : (int) states.values().iterator().next().step().item();
  }

  /// The learning rate of each part at a schedule factor.
  public Map<String, Double> learningRates(double factor) {
    Map<String, Double> rates = new LinkedHashMap<>();
    groups.forEach(g -> rates.put(g.part(), g.lr() * factor));
    return rates;
  }

  /// One step with the gradients in the order of [#parameters], divided by a number first.
  void step(Ops ops, List<Tensor> gradients, double divisor, double factor) {
    int next = 0;
    for (Group group : groups) {
      int count = group.parameters().size();
      if (count > 0) {
        step(ops, group, gradients.subList(next, next + count), divisor, group.lr() * factor);
      }
      next += count;
    }
  }

  private void step(Ops ops, Group group, List<Tensor> gradients, double divisor, double lr) {
    List<State> all = group.parameters().stream().map(this::state).toList();
    ops.adamw(
        new Ops.AdamwArguments(
            all.stream().map(State::weight).toList(),
            gradients,
            all.stream().map(State::firstMoment).toList(),
            all.stream().map(State::secondMoment).toList(),
            all.stream().map(State::step).toList(),
            divisor,
            lr,
            settings.beta1(),
            settings.beta2(),
            group.weightDecay(),
            settings.eps()));
    for (Parameter parameter : group.parameters()) {
      if (parameter.value().type() != ScalarType.F32) {
        ops.copyInto(parameter.value(), state(parameter).weight());
      }
    }
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

  /// Everything that a resumed run needs, by name; to be read or overwritten in place.
  public Map<String, Tensor> state() {
    Map<String, Tensor> all = new LinkedHashMap<>();
    states.forEach((parameter, state) -> {
      all.put("exp_avg." + parameter.name(), state.firstMoment());
      all.put("exp_avg_sq." + parameter.name(), state.secondMoment());
      all.put("step." + parameter.name(), state.step());
      if (parameter.value().type() != ScalarType.F32) {
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
