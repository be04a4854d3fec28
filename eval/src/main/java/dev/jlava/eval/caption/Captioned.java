package dev.jlava.eval.caption;

import java.util.List;

/// A caption of an image beside people's.
public final class Captioned {
  private final NGrams caption;
  private final List<NGrams> references;

  /// @param references at least one
  public Captioned(String caption, List<String> references) {
    this.caption = NGrams.of(CaptionWords.of(caption));
    this.references = references.stream().map(text -> NGrams.of(CaptionWords.of(text))).toList();
  }

  NGrams caption() {
    return caption;
  }

  List<NGrams> references() {
    return references;
  }
}
