package dev.jlava.eval.task;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// How saved answers did.
///
/// @param text what the reference script prints, line ends included; a figure that is not defined
///   (a division by zero, where most scripts end) is `nan`
/// @param figures the same numbers, unrounded, for programs; null where not defined
/// @param notes what the text does not say: undefined figures, answers left out
/// @param outputs files to write
/// @param headline the figure that tables show
/// @param marks what each answer is worth, in the answers' or the questions' order
public record Score(
    String text,
    ObjectNode figures,
    List<String> notes,
    List<Output> outputs,
    Optional<Headline> headline,
    List<Mark> marks) {
  /// A file to write.
  public record Output(Path file, byte[] content) {}

  /// The figure that tables show.
  ///
  /// @param value NaN where it is not defined
  /// @param unit `%`, `points`, …
  public record Headline(String name, double value, String unit) {
    static Headline percent(String name, double share) {
      return new Headline(name, share * 100, "%");
    }
  }

  public Score {
    notes = List.copyOf(notes);
    outputs = List.copyOf(outputs);
    marks = List.copyOf(marks);
  }

  static Score of(String text, ObjectNode figures) {
    return new Score(text, figures, List.of(), List.of(), Optional.empty(), List.of());
  }

  Score noting(List<String> more) {
    return new Score(text, figures, more, outputs, headline, marks);
  }

  Score writing(List<Output> files) {
    return new Score(text, figures, notes, files, headline, marks);
  }

  Score marked(Headline shown, List<Mark> each) {
    return new Score(text, figures, notes, outputs, Optional.of(shown), each);
  }
}
