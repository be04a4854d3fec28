package dev.jlava.train;

import dev.jlava.adapter.LoraSettings;
import dev.jlava.engine.Parameter;
import dev.jlava.model.Adapter;
import dev.jlava.model.ModelException;
import dev.jlava.model.Part;
import dev.jlava.model.VisionLanguageModel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/// What a stage trains: the parts it names, each in a group with decay and one without. Of a part
/// with an adapter only the adapter trains. Every other weight is frozen.
public final class ParameterGroups {
  private ParameterGroups() {}

  /// Learning rate and weight decay of one part.
  public record Rate(double lr, double weightDecay) {}

  /// Freezes the model but for the named parts, and groups their parameters.
  public static List<Optimizer.Group> train(VisionLanguageModel model, Map<String, Rate> parts) {
    List<Optimizer.Group> groups = new ArrayList<>();
    for (Part part : model.parts()) {
      part.parameters().forEach(p -> p.setTrained(false));
      part.adapters().values().forEach(a -> a.parameters().forEach(p -> p.setTrained(false)));
      Rate rate = parts.get(part.name());
      if (rate != null && part.adapter().isEmpty() && !part.quantised().isEmpty()) {
        throw new ModelException(
            part.name()
                + ": its weights are quantised and cannot train; give it an adapter (the stage's"
                + " train."
                + part.name()
                + ".adapter)");
      }
      part.trainable().forEach(p -> p.setTrained(rate != null));
      if (rate != null) {
        groups.addAll(groups(part, rate));
      }
    }
    return groups;
  }

  private static List<Optimizer.Group> groups(Part part, Rate rate) {
    double ratio = part.adapter().map(Adapter::settings).map(LoraSettings::lrRatio).orElse(1.0);
    List<Optimizer.Group> groups = new ArrayList<>();
    if (ratio == 1) {
      addGroups(groups, part.name(), rate, part.trainable());
    } else {
      Rate faster = new Rate(rate.lr() * ratio, rate.weightDecay());
      addGroups(groups, part.name(), rate, select(part, p -> !takesRatio(p)));
      addGroups(groups, part.name() + ".lora_B", faster, select(part, p -> takesRatio(p)));
    }
    return groups;
  }

  private static List<Parameter> select(Part part, Predicate<Parameter> wanted) {
    return part.trainable().stream().filter(wanted).toList();
  }

  /// LoRA+ speeds B up, and with it every vector that trains (PEFT's `create_loraplus_optimizer`).
  private static boolean takesRatio(Parameter parameter) {
    return parameter.name().contains(".lora_B.") || parameter.value().shape().length == 1;
  }

  private static void addGroups(
      List<Optimizer.Group> groups, String name, Rate rate, Collection<Parameter> parameters) {
    for (boolean exempt : new boolean[] {false, true}) {
      List<Parameter> members =
          parameters.stream().filter(p -> Optimizer.exemptFromDecay(p.name()) == exempt).toList();
      groups.add(new Optimizer.Group(name, rate.lr(), exempt ? 0 : rate.weightDecay(), members));
    }
  }
}
