package dev.jlava.data.batch;

import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/// A sample as ids and labels, before its images are expanded.
///
/// @param id the sample's id, for messages and metrics
/// @param ids token ids; [#IMAGE] stands once where an image goes
/// @param labels [#IGNORE] where nothing is learned, else the id at the same place
/// @param images one file for each [#IMAGE], in order
/// @param truncated whether tokens were cut to fit the model's length
public record Example(String id, int[] ids, int[] labels, List<Path> images, boolean truncated) {
  /// Mark of an image among the ids (LLaVA's IMAGE_TOKEN_INDEX).
  public static final int IMAGE = -200;

  /// Label of a position without a loss.
  public static final int IGNORE = -100;

  /// Positions once each image stands for `tokensPerImage` of them.
  public int length(int tokensPerImage) {
    return ids.length + images.size() * (tokensPerImage - 1);
  }

  /// Number of tokens with a loss: the learned ones that another one stands before.
  public int lossTokens() {
    return (int) IntStream.range(1, labels.length).filter(i -> labels[i] != IGNORE).count();
  }
}
