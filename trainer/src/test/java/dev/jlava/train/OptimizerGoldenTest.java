package dev.jlava.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.jlava.engine.Device;
import dev.jlava.engine.Engine;
import dev.jlava.engine.Ops;
import dev.jlava.engine.Parameter;
import dev.jlava.engine.Scope;
import dev.jlava.engine.Tape;
import dev.jlava.engine.Tensor;
import dev.jlava.testing.Golden;
import dev.jlava.testing.GoldenTensors;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// AdamW with LLaVA's four parameter groups, clipping and schedules against torch and transformers:
/// every step of 20, every learning rate.
final class OptimizerGoldenTest {
  private static final List<Integer> CHECKED = List.of(1, 2, 5, 20);

  private final GoldenTensors golden = Golden.tensors("optim/golden.safetensors");
  private final JsonNode optim = Golden.json("optim/optim.json");
  private final JsonNode constants = optim.get("hyperparameters");

  @ParameterizedTest
  @CsvSource({
    "cosine.noclip, 1",
    "cosine.clip, 1",
    "cosine.clip, 4",
    "linear.noclip, 1",
    "linear.clip, 1",
    "constant.noclip, 1",
    "constant.clip, 1",
    "constant.noclip, 4"
  })
  void parametersMomentsRatesAndNormsAreTorchs(String run, int microBatches) {
    try (Engine engine = Engine.start(new Device.Cpu(), 1);
        Scope scope = new Scope()) {
      List<Parameter> parameters = parameters(engine, scope);
      try (Optimizer optimizer = new Optimizer(engine, settings(), groups(parameters))) {
        JsonNode steps = optim.get("runs").get(run);
        for (int step = 1; step <= steps.size(); step++) {
          step(engine, run, optimizer, steps.get(step - 1), microBatches);
          assertThat(optimizer.steps()).isEqualTo(step);
          if (CHECKED.contains(step)) {
            assertParameters(run + ".step" + step + ".", parameters);
          }
          if (step == 2 || step == 20) {
            assertMoments(run + ".step" + step + ".", optimizer);
          }
        }
        assertThat(steps).hasSize(20);
      }
    }
  }

  /// One step whose gradient comes in equal parts; a sum of them, divided, is the gradient again.
  private void step(Engine engine, String run, Optimizer optimizer, JsonNode log, int parts) {
    int index = log.get("step").asInt() - 1;
    double factor = schedule(run.substring(0, run.indexOf('.'))).factor(index);
    try (Gradients sums = new Gradients();
        Scope scope = new Scope()) {
      Ops ops = engine.ops(scope);
      for (int part = 0; part < parts; part++) {
        for (Parameter parameter : optimizer.parameters()) {
          String name = "grad." + index + "." + parameter.name();
          sums.accept(
              ops, parameter, engine.tensor(new Scope(), golden.floats(name), golden.shape(name)));
        }
      }
      List<Tensor> gradients = sums.of(ops, optimizer.parameters());
      double norm = ops.norm(gradients) / parts;
      double expected = log.get("grad_norm").asDouble();
      assertThat(norm)
          .as(run + " norm of step " + index)
          .isCloseTo(expected, within(1e-6 * expected));
      double clip = clipping(run).clip(norm);
      optimizer.next(parts / clip, factor).update(gradients);
      for (int group = 0; group < 4; group++) {
        String lr = group < 2 ? "lr" : "mm_projector_lr";
        double wanted = log.get("lr").get(group).asDouble();
        assertThat(constants.get(lr).asDouble() * factor).isCloseTo(wanted, within(1e-12 * wanted));
      }
    }
  }

  private TrainingStep.Settings clipping(String run) {
    return new TrainingStep.Settings(
        TrainingStep.Average.GLOBAL_TOKENS,
        run.endsWith(".clip")
            ? constants.get("max_grad_norm").asDouble()
            : Double.POSITIVE_INFINITY,
        Tape.Activations.KEEP,
        false);
  }

  private Schedule schedule(String name) {
    return new Schedule(
        Schedule.Shape.valueOf(name.toUpperCase(java.util.Locale.ROOT)),
        constants.get("warmup_steps").asInt(),
        constants.get("num_training_steps").asInt());
  }

  private List<Parameter> parameters(Engine engine, Scope scope) {
    List<Parameter> parameters = new ArrayList<>();
    for (String name : golden.names()) {
      if (name.startsWith("init.")) {
        Tensor value = engine.tensor(scope, golden.floats(name), golden.shape(name));
        parameters.add(new Parameter(name.substring("init.".length()), value));
      }
    }
    assertThat(parameters).hasSize(7);
    return parameters;
  }

  private Optimizer.Settings settings() {
    JsonNode betas = constants.get("betas");
    return new Optimizer.Settings(
        betas.get(0).asDouble(),
        betas.get(1).asDouble(),
        constants.get("eps").asDouble(),
        Moments.Precision.FP32,
        false);
  }

  private List<Optimizer.Group> groups(List<Parameter> parameters) {
    List<Optimizer.Group> groups = new ArrayList<>();
    for (boolean projector : new boolean[] {false, true}) {
      for (boolean exempt : new boolean[] {false, true}) {
        List<Parameter> members =
            parameters.stream()
                .filter(p -> p.name().contains("mm_projector") == projector)
                .filter(p -> Optimizer.exemptFromDecay(p.name()) == exempt)
                .toList();
        assertThat(members).isNotEmpty();
        groups.add(
            new Optimizer.Group(
                projector ? "projector" : "decoder",
                constants.get(projector ? "mm_projector_lr" : "lr").asDouble(),
                exempt ? 0 : constants.get("weight_decay").asDouble(),
                members));
      }
    }
    return groups;
  }

  private void assertParameters(String prefix, List<Parameter> parameters) {
    for (Parameter parameter : parameters) {
      assertClose(prefix + parameter.name(), parameter.value().floats());
    }
  }

  private void assertMoments(String prefix, Optimizer optimizer) {
    for (Parameter parameter : optimizer.parameters()) {
      for (String moment : List.of("exp_avg.", "exp_avg_sq.")) {
        String name = moment + parameter.name();
        Tensor found = Objects.requireNonNull(optimizer.state().get(name));
        assertClose(prefix + name, found.floats());
      }
    }
  }

  private void assertClose(String name, float[] found) {
    float[] expected = golden.floats(name);
    assertThat(found).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i])
          .as(name + "[" + i + "]")
          .isCloseTo(expected[i], within(1e-6f + 1e-5f * Math.abs(expected[i])));
    }
  }

  @Test
  void theScheduleTablesAreTransformers() {
    int tables = 0;
    int rates = 0;
    for (JsonNode table : optim.get("schedules")) {
      String name = table.get("schedule").asText();
      int total = table.get("num_training_steps").asInt();
      int warmup = Schedule.warmupSteps(table.get("warmup_ratio").asDouble(), total);
      assertThat(warmup).isEqualTo(table.get("warmup_steps").asInt());
      Schedule schedule;
      switch (name) {
        case "cosine" -> schedule = new Schedule(Schedule.Shape.COSINE, warmup, total);
        case "linear" -> schedule = new Schedule(Schedule.Shape.LINEAR, warmup, total);
        // transformers' name without warm-up, and with it.
        case "constant" -> schedule = new Schedule(Schedule.Shape.CONSTANT, 0, total);
        case "constant_with_warmup" ->
            schedule = new Schedule(Schedule.Shape.CONSTANT, warmup, total);
        default -> {
          continue;
        }
      }
      tables++;
      double base = table.get("base_lr").asDouble();
      JsonNode lr = table.get("lr");
      for (int step = 0; step < lr.size(); step++) {
        assertRate(name + " " + total, base * schedule.factor(step), lr.get(step));
        rates++;
      }
      JsonNode last = table.get("lr_at_total_minus_2_to_plus_1");
      for (int i = 0; i < last.size(); i++) {
        int step = total + 2 - last.size() + i;
        assertRate(name + " " + total + " at its end", base * schedule.factor(step), last.get(i));
        rates++;
      }
    }
    assertThat(tables).isEqualTo(28);
    assertThat(rates).isGreaterThan(1000);
  }

  private static void assertRate(String what, double found, JsonNode expected) {
    double wanted = expected.asDouble();
    assertThat(found).as(what).isCloseTo(wanted, within(1e-12 * wanted + 1e-20));
  }
}
