package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;

/// How saved answers did.
///
/// @param text what the reference script prints, line ends included; a figure that is not defined
///   (a division by zero, where most scripts end) is `nan`
/// @param figures the same numbers, unrounded, for programs; null where not defined
/// @param notes what the text does not say: undefined figures, answers left out
/// @param outputs files to write
public record Score(String text, ObjectNode figures, List<String> notes, List<Output> outputs) {
  /// A file to write.
  public record Output(Path file, byte[] content) {}

  public Score {
    notes = List.copyOf(notes);
    outputs = List.copyOf(outputs);
  }

  static Score of(String text, ObjectNode figures) {
    return new Score(text, figures, List.of(), List.of());
  }

  Score noting(List<String> more) {
    return new Score(text, figures, more, outputs);
  }

  Score writing(List<Output> files) {
    return new Score(text, figures, notes, files);
  }
}
