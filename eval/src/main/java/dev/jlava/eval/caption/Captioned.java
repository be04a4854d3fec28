package dev.jlava.eval.caption;

import java.util.ArrayList;
import java.util.List;

/// A caption of an image beside people's.
///
/// @param references people's, at least one
public record Captioned(NGrams caption, List<NGrams> references) {
  /// Those of several images: a caption of each, and people's of each.
  public static List<Captioned> of(List<String> captions, List<List<String>> references) {
    List<NGrams> own = ngrams(captions);
    List<NGrams> people = ngrams(references.stream().flatMap(List::stream).toList());
    List<Captioned> images = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < own.size(); i++) {
      int to = from + references.get(i).size();
      images.add(new Captioned(own.get(i), people.subList(from, to)));
      from = to;
    }
    return images;
  }

  private static List<NGrams> ngrams(List<String> captions) {
    return CaptionWords.of(captions).stream().map(NGrams::of).toList();
  }
}
