package dev.jlava.data.conversation;

import java.util.List;

/// A conversation as the text that a model reads, in spans that know whether they are learned.
/// `<image>` marks stand in the text where images go.
public record Rendered(List<Span> spans) {
  /// Mark of an image in a text.
  public static final String IMAGE = "<image>";

  /// A stretch of text.
  ///
  /// @param learned whether the model is trained to say it
  public record Span(String text, boolean learned) {}

  public Rendered {
    spans = List.copyOf(spans);
  }

  /// Number of `<image>` marks in a text.
  public static int marks(String text) {
    int count = 0;
    for (int at = text.indexOf(IMAGE); at >= 0; count++) {
      at = text.indexOf(IMAGE, at + IMAGE.length());
    }
    return count;
  }

  /// The whole text.
  public String text() {
    StringBuilder text = new StringBuilder();
    spans.forEach(span -> text.append(span.text()));
    return text.toString();
  }
}
