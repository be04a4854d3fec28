package dev.jlava.train;

import dev.jlava.engine.Parameter;
import dev.jlava.model.Part;
import dev.jlava.model.VisionLanguageModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/// What a stage trains: the parts it names, each in a group with decay and one without. Every other
/// weight is frozen.
public final class ParameterGroups {
  private ParameterGroups() {}

  /// Learning rate and weight decay of one part.
  public record Rate(double lr, double weightDecay) {}

  /// Freezes the model but for the named parts, and groups their parameters.
  public static List<Optimizer.Group> train(VisionLanguageModel model, Map<String, Rate> parts) {
    List<Optimizer.Group> groups = new ArrayList<>();
    for (Part part : model.parts()) {
      Rate rate = parts.get(part.name());
      part.parameters().forEach(p -> p.setTrained(rate != null));
      if (rate != null) {
        groups.add(group(part, rate, false));
        groups.add(group(part, rate, true));
      }
    }
    return groups;
  }

  private static Optimizer.Group group(Part part, Rate rate, boolean exempt) {
    List<Parameter> parameters =
        part.parameters().stream()
            .filter(p -> Optimizer.exemptFromDecay(p.name()) == exempt)
            .toList();
    return new Optimizer.Group(part.name(), rate.lr(), exempt ? 0 : rate.weightDecay(), parameters);
  }
}
