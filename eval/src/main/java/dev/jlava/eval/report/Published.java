package dev.jlava.eval.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;

/// What the authors of LLaVA published, for reference beside measured figures.
///
/// @param measures what a task's figures are of, where the task's name does not say it
/// @param models in the order to show
public record Published(String source, Map<String, String> measures, List<Model> models) {
  /// A published model.
  ///
  /// @param figures by type of task, in the unit of the task's headline
  public record Model(String name, Map<String, Double> figures) {}

  static Published read() {
    try (InputStream stream = Published.class.getResourceAsStream("published.json")) {
      return new ObjectMapper().readValue(stream, Published.class);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
