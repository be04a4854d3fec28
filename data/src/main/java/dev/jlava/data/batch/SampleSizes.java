package dev.jlava.data.batch;

/// What is known of the samples before they are tokenised.
///
/// @param lengths estimated length of each sample
/// @param hasImage whether each sample has an image
public record SampleSizes(int[] lengths, boolean[] hasImage) {
  public SampleSizes {
    if (lengths.length != hasImage.length || lengths.length == 0) {
      throw new IllegalArgumentException(
          "found " + lengths.length + " lengths and " + hasImage.length + " image flags");
    }
  }

  /// Number of samples.
  public int count() {
    return lengths.length;
  }
}
