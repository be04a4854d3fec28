package dev.jlava.data.image;

import dev.jlava.data.DataException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/// What becomes of an image that is not square; the recipe's `model.image.aspect`.
public enum Aspect {
  /// The processor alone: CLIP crops the middle, SigLIP stretches.
  SQUARE,
  /// First put in the middle of a square of the mean colour (LLaVA's `image_aspect_ratio pad`).
  PAD;

  /// The aspect of that name, as recipes and model directories write it: `square`, `pad`.
  public static Aspect named(String name) {
    return Arrays.stream(values())
        .filter(aspect -> aspect.text().equals(name))
        .findFirst()
        .orElseThrow(() ->
            new DataException(
                "aspect '" + name + "' is not known (allowed " + String.join(", ", names()) + ")"));
  }

  /// The names of all aspects.
  public static List<String> names() {
    return Arrays.stream(values()).map(Aspect::text).toList();
  }

  /// The name, as recipes and model directories write it.
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
