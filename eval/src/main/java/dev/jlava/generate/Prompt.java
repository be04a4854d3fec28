package dev.jlava.generate;

import dev.jlava.data.batch.Example;
import java.nio.file.Path;
import java.util.Arrays;
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

  /// Positions once each image stands for `tokensPerImage` of them.
  public int length(int tokensPerImage) {
    return ids.length + images.size() * (tokensPerImage - 1);
  }

  /// The place behind the last image's mark; 0 without images.
  int afterImages() {
    int end = ids.length;
    while (end > 0 && ids[end - 1] != Example.IMAGE) {
      end--;
    }
    return end;
  }

  /// The first ids and their images.
  Prompt until(int end) {
    int count = marks(end);
    return new Prompt(Arrays.copyOf(ids, end), images.subList(0, count), pixels.subList(0, count));
  }

  /// The ids from a place on and their images.
  Prompt from(int start) {
    int count = marks(start);
    return new Prompt(
        Arrays.copyOfRange(ids, start, ids.length),
        images.subList(count, images.size()),
        pixels.subList(count, pixels.size()));
  }

  private int marks(int end) {
    return (int) Arrays.stream(ids, 0, end).filter(id -> id == Example.IMAGE).count();
  }
}
