package dev.jlava.generate;

import java.nio.file.Path;
import java.util.List;

/// What an answer is generated to.
///
/// @param ids token ids, with [dev.jlava.data.batch.Example#IMAGE] where images go
/// @param images the image files, in order
/// @param pixels one array for each image, in order
public record Prompt(int[] ids, List<Path> images, List<float[]> pixels) {
  public Prompt {
    images = List.copyOf(images);
    pixels = List.copyOf(pixels);
  }

  /// A prompt without images.
  public static Prompt ofText(int[] ids) {
    return new Prompt(ids, List.of(), List.of());
  }
}
