package dev.jlava.data.batch;

/// How a [PrefetchingLoader] works; nothing here but `microBatches` and `badImages` changes what it
/// yields.
///
/// @param workers threads that tokenise and decode
/// @param lookAhead micro-batches that may lie decoded, or be on the way, before they are asked for
/// @param microBatches the split of a step
/// @param tokensPerImage positions that an image takes
/// @param badImages what becomes of a sample with a broken image
public record LoaderSettings(
    int workers,
    int lookAhead,
    MicroBatches microBatches,
    int tokensPerImage,
    BadImages badImages) {
  public LoaderSettings {
    if (workers < 1 || lookAhead < 1) {
      throw new IllegalArgumentException(workers + " workers, look-ahead " + lookAhead);
    }
  }
}
